// Runs the examples of the client library's README against the server at os.Args[1], and some
// that have to fail. Prints one JSON object for each: what was sent, and what the library made
// of the answer.
package main

import (
	"encoding/json"
	"fmt"
	"io/ioutil"
	"os"

	client "github.com/influxdata/usage-client/v1"
)

type result struct {
	Example   string              `json:"example"`
	URL       string              `json:"url,omitempty"`
	Sent      string              `json:"sent"`
	Status    int                 `json:"status"`
	Body      json.RawMessage     `json:"body,omitempty"`
	ErrorType string              `json:"error_type"`
	Error     string              `json:"error"`
	Errors    map[string][]string `json:"errors,omitempty"`
}

func print(r result) {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(b))
}

func save(example, token string, s client.Saveable) {
	r := result{Example: example}
	sent, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	r.Sent = string(sent)

	c := client.New(token)
	c.URL = os.Args[1]
	res, err := c.Save(s)
	if err != nil {
		r.ErrorType = fmt.Sprintf("%T", err)
		r.Error = err.Error()
	}
	if ve, ok := err.(client.ValidationErrors); ok {
		r.Errors = ve.Errors
	}
	if res != nil {
		r.Status = res.StatusCode
		// The library has read the body of an error already.
		if b, err := ioutil.ReadAll(res.Body); err == nil && json.Valid(b) {
			r.Body = b
		}
	}
	print(r)
}

func main() {
	c := client.New("")
	c.URL = os.Args[1]
	url, err := c.RegistrationURL(client.Registration{
		ClusterID:   "clus1",
		Product:     "chronograf",
		RedirectURL: "http://example.com",
	})
	if err != nil {
		panic(err)
	}
	print(result{Example: "registration", URL: url})

	server := client.Server{
		ClusterID: "clus1",
		Host:      "example.com",
		Product:   "influxdb",
		Version:   "1.0",
		ServerID:  "serv1",
	}
	save("server", "token-goes-here", server)

	save("stats", "token-goes-here", client.Stats{
		ClusterID: "clus1",
		ServerID:  "serv1",
		Product:   "influxdb",
		Data: []client.StatsData{
			{
				Name: "engine",
				Tags: client.Tags{
					"path":    "/home/philip/.influxdb/data/_internal/monitor/1",
					"version": "bz1",
				},
				Values: client.Values{
					"blks_write":          39,
					"blks_write_bytes":    2421,
					"blks_write_bytes_c":  2202,
					"points_write":        39,
					"points_write_dedupe": 39,
				},
			},
		},
	})

	usage := client.Usage{
		Product: "influxdb",
		Data: []client.UsageData{
			{
				Tags: client.Tags{
					"version": "0.9.5",
					"arch":    "amd64",
					"os":      "linux",
				},
				Values: client.Values{
					"cluster_id":       "23423",
					"server_id":        "1",
					"num_databases":    3,
					"num_measurements": 2342,
					"num_series":       87232,
				},
			},
		},
	}
	save("usage", "token-goes-here", usage)
	save("server without a token", "", server)

	save("blank server", "token-goes-here", client.Server{})
	save("wrong token", "no-such-token", server)
	usage.Product = ""
	save("blank product", "token-goes-here", usage)
}
