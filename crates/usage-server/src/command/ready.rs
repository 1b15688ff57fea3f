//! `usage-server ready`: asks the running server whether it takes reports. For the health checks of
//! containers, whose images have no program that could ask.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};

use super::Failure;
use crate::cli::Ready;
use crate::limits::{READY_ANSWER_MAX_BYTES, READY_WAIT_MAX};

const REQUEST: &[u8] = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Ends well where it does; else with what it said.
pub(crate) fn run(options: &Ready) -> Result<(), Failure> {
    let address: SocketAddr = options.listen.parse().map_err(|_| {
        Failure::Usage(format!(
            "--listen: {:?} is not an address and port such as 127.0.0.1:8087",
            options.listen
        ))
    })?;
    let answer = ask(here(address)).map_err(|e| Failure::Failed(format!("{address}: {e}")))?;
    if answer.starts_with("HTTP/1.1 200 ") {
        return Ok(());
    }
    let said = answer.split("\r\n\r\n").nth(1).unwrap_or_default().trim();
    Err(Failure::Failed(format!("{address} is not ready: {said}")))
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut connection = TcpStream::connect_timeout(&address, READY_WAIT_MAX)?;
    connection.set_read_timeout(Some(READY_WAIT_MAX))?;
    connection.set_write_timeout(Some(READY_WAIT_MAX))?;
    connection.write_all(REQUEST)?;
    let mut answer = Vec::new();
    connection
        .take(READY_ANSWER_MAX_BYTES)
        .read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// A server that listens everywhere is also here.
fn here(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
