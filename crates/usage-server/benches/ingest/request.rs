//! The requests that are sent: bytes made once, with a few fields of fixed width that change from
//! one request to the next. Making a request costs the generator next to nothing.

/// What a field says in the n-th request.
#[derive(Clone, Copy)]
pub(crate) enum Field {
    /// Which of the fleet's servers: 16 hexadecimal digits that look drawn.
    Server,
    /// A number that differs each time, with as many digits as its place has.
    Number,
    /// An idempotency key, never the same.
    Key,
}

/// A request with its changing fields.
#[derive(Clone)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    fields: Vec<(usize, usize, Field)>,
}

/// Servers that report: each connection goes through all of them.
const FLEET: u64 = 100_000;

/// Stand in a template's text for the fields.
const MARKS: [(&str, Field); 3] = [
    ("SSSSSSSSSSSSSSSS", Field::Server),
    ("NNNNNN", Field::Number),
    ("KKKKKKKK-KKKK-KKKK-KKKK-KKKKKKKKKKKK", Field::Key),
];

impl Template {
    /// A POST of `body` to `target`.
    pub(crate) fn post(target: &str, headers: &str, body: &str) -> Template {
        let length = body.len();
        Template::of(format!(
            "POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             {headers}Content-Length: {length}\r\n\r\n{body}"
        ))
    }

    /// A report's body alone.
    pub(crate) fn bare(body: &str) -> Template {
        Template::of(body.to_owned())
    }

    fn of(text: String) -> Template {
        let mut fields = Vec::new();
        for (mark, field) in MARKS {
            fields.extend(
                text.match_indices(mark)
                    .map(|(at, _)| (at, mark.len(), field)),
            );
        }
        Template {
            bytes: text.into_bytes(),
            fields,
        }
    }

    /// The bytes of the n-th request.
    pub(crate) fn nth(&mut self, n: u64) -> &[u8] {
        for (at, width, field) in &self.fields {
            let place = &mut self.bytes[*at..at + width];
            match field {
                Field::Server => hexadecimal(place, scattered(n % FLEET)),
                Field::Number => decimal(place, scattered(n.wrapping_add(*at as u64))),
                Field::Key => key(place, n),
            }
        }
        &self.bytes
    }
}

/// A number that looks drawn, always the same for the same `n` (the finalizer of SplitMix64).
fn scattered(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

fn hexadecimal(place: &mut [u8], mut n: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(n & 15) as usize];
        n >>= 4;
    }
}

/// Never a leading zero: JSON knows none.
fn decimal(place: &mut [u8], mut n: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (n % 10) as u8;
        n /= 10;
    }
    place[0] = place[0].max(b'1');
}

fn key(place: &mut [u8], n: u64) {
    let (high, low) = (scattered(n), scattered(!n));
    hexadecimal(&mut place[0..8], high >> 32);
    hexadecimal(&mut place[9..13], high >> 16);
    hexadecimal(&mut place[14..18], high);
    hexadecimal(&mut place[19..23], low >> 48);
    hexadecimal(&mut place[24..36], low);
}

/// A usage report of some 450 bytes, as a database sends it.
pub(crate) const USAGE: &str = concat!(
    r#"[{"tags":{"arch":"amd64","edition":"community","os":"linux","version":"1.8.10"},"#,
    r#""values":{"cluster_id":"SSSSSSSSSSSSSSSS","server_id":"SSSSSSSSSSSSSSSS","#,
    r#""cpus":8,"ha":false,"heap_bytes":1NNNNNN,"num_databases":12,"num_measurements":2342,"#,
    r#""num_series":NNNNNN,"num_shards":48,"num_subscriptions":2,"num_tasks":17,"#,
    r#""points_written":98NNNNNN,"queries":NNNNNN,"query_errors":3,"retention_policies":5,"#,
    r#""uptime_seconds":NNNNNN,"wal_bytes":10485760,"write_errors":0}}]"#
);

/// The same figures in the line protocol.
pub(crate) const LINE: &str = concat!(
    "usage,arch=amd64,edition=community,os=linux,version=1.8.10,",
    "cluster_id=SSSSSSSSSSSSSSSS,server_id=SSSSSSSSSSSSSSSS ",
    "cpus=8i,ha=false,heap_bytes=1NNNNNNi,num_databases=12i,num_measurements=2342i,",
    "num_series=NNNNNNi,num_shards=48i,num_subscriptions=2i,num_tasks=17i,",
    "points_written=98NNNNNNi,queries=NNNNNNi,query_errors=3i,retention_policies=5i,",
    "uptime_seconds=NNNNNNi,wal_bytes=10485760i,write_errors=0i"
);
