// Records what the protocol's own library answers to hostile input, one JSON object a line, in the form of
// tests/golden/registration-urls.jsonl. Bases come from standard input, one Go string literal a line.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run record.go <bases.txt >registration-urls.jsonl
//
// on Debian with golang-go and golang-github-influxdb-usage-client-dev. The file here was made with Go 1.19.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"unicode/utf8"

	"github.com/influxdata/usage-client/v1"
)

// text is a string, or base64 where it is not UTF-8.
func text(s string) interface{} {
	if utf8.ValidString(s) {
		return s
	}
	return map[string]string{"b64": base64.StdEncoding.EncodeToString([]byte(s))}
}

func answer(out map[string]interface{}, c *client.Client, r client.Registration) {
	defer func() {
		if p := recover(); p != nil {
			out["panic"] = fmt.Sprint(p)
		}
	}()
	url, err := c.RegistrationURL(r)
	if err != nil {
		out["error"] = err.Error()
	}
	out["url"] = text(url)
}

func main() {
	r := client.Registration{ClusterID: "clus1", Product: "jambox", RedirectURL: "http://a/?b=c d"}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		base, err := strconv.Unquote(lines.Text())
		if err != nil {
			fmt.Fprintln(os.Stderr, lines.Text(), err)
			os.Exit(1)
		}
		out := map[string]interface{}{
			"base": text(base), "cluster_id": r.ClusterID, "product": r.Product,
			"redirect_url": r.RedirectURL, "url": "",
		}
		answer(out, &client.Client{URL: base}, r)
		encoder.Encode(out)
	}
}
