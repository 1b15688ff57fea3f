//! A peer: InfluxDB 1.x as Debian ships it, by the line protocol, set to sync each write.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::child::{Running, Server};
use crate::request::{LINE, Template};

/// Starts it; `None` where it isn't installed.
pub(crate) fn start() -> io::Result<Option<Server>> {
    let data = tempfile::tempdir()?;
    // It can't be told to take a free port and say which: two that were free a moment ago.
    let (api, backup) = (free_port()?, free_port()?);
    let config = data.path().join("influxdb.conf");
    std::fs::write(&config, configuration(data.path(), api, backup))?;
    let mut command = Command::new("influxd");
    command.arg("run").arg("-config").arg(&config);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let running = match Running::start(&mut command) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        running => running?,
    };
    let address = ([127, 0, 0, 1], api).into();
    for attempt in 0.. {
        match create_database(address) {
            Ok(()) => break,
            Err(e) if attempt == 300 => return Err(e),
            Err(_) => std::thread::park_timeout(Duration::from_millis(100)),
        }
    }
    Ok(Some(Server {
        name: "InfluxDB, line protocol",
        address,
        template: Template::post("/write?db=usage", "", LINE),
        data: Some(data),
        children: vec![running],
    }))
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn configuration(data: &std::path::Path, api: u16, backup: u16) -> String {
    let data = data.display();
    format!(
        r#"
reporting-disabled = true
bind-address = "127.0.0.1:{backup}"
[meta]
dir = "{data}/meta"
[data]
dir = "{data}/data"
wal-dir = "{data}/wal"
wal-fsync-delay = "0s"
max-series-per-database = 0
[http]
bind-address = "127.0.0.1:{api}"
log-enabled = false
[monitor]
store-enabled = false
"#
    )
}

fn create_database(address: std::net::SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(
        b"POST /query?q=CREATE+DATABASE+usage HTTP/1.1\r\nHost: localhost\r\n\
          Content-Length: 0\r\nConnection: close\r\n\r\n",
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match answer.starts_with("HTTP/1.1 200") {
        true => Ok(()),
        false => Err(io::Error::other(answer)),
    }
}
