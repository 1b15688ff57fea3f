//! Which pages there are: one of each kind that links lead to.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};

use crate::patience::DEADLINE;

/// Where the links begin.
const FRONT: &str = "/";

/// Not pages: what programs read, what a page is made with, what is saved.
const NO_PAGES: [&str; 3] = ["/api/", "/assets/", "/charts/"];

/// More pages than there are kinds: past it, what tells kinds apart is wrong.
const PAGES_MAX: usize = 200;

/// The first page found that has something new, in the order in which they are found.
pub(crate) fn kinds(server: SocketAddr, cookie: &str) -> Vec<String> {
    let (mut waiting, mut pages) = (vec![FRONT.to_owned()], Vec::new());
    let mut known = traits(FRONT);
    let mut next = 0;
    while let Some(address) = waiting.get(next).cloned() {
        next += 1;
        let Some(page) = page(server, cookie, &address).expect("an answer") else {
            continue;
        };
        for link in links(&page, &address) {
            let traits = traits(&link);
            if !traits.is_subset(&known) {
                known.extend(traits);
                waiting.push(link);
            }
        }
        pages.push(address);
        assert!(pages.len() < PAGES_MAX, "no end of pages: {pages:?}");
    }
    pages
}

/// What tells pages apart: the path, whichever number is in it, and with it each thing that the query says
/// something of, and how long the window is.
fn traits(address: &str) -> BTreeSet<String> {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let named = |part: &str| match part.bytes().any(|byte| byte.is_ascii_digit()) {
        true => "{}".to_owned(),
        false => part.to_owned(),
    };
    let path = path.split('/').map(named).collect::<Vec<_>>().join("/");
    let said = query.split('&').filter_map(|pair| pair.split_once('='));
    let said = said.filter(|(_, value)| !value.is_empty());
    // Windows are as many kinds as they are long.
    let said = said.map(|(name, value)| match name {
        "days" => format!("{path}?days={value}"),
        name => format!("{path}?{}", name.split(['[', '%']).next().unwrap_or(name)),
    });
    let mut traits: BTreeSet<String> = said.collect();
    traits.insert(path);
    traits
}

/// A page's text; `None` for what is no page or is saved.
fn page(server: SocketAddr, cookie: &str, address: &str) -> Result<Option<String>> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    // This old, an answer ends with its connection, and what is no page needn't be read.
    write!(
        stream,
        "GET {address} HTTP/1.0\r\nHost: x\r\nCookie: {cookie}\r\n\r\n"
    )?;
    let mut answer = BufReader::new(stream);
    let mut line = String::new();
    answer.read_line(&mut line)?;
    let mut is_page = line.contains(" 200 ");
    if !is_page && !line.contains(" 303 ") {
        eprintln!("{address}: {}", line.trim());
    }
    let mut has_type = false;
    loop {
        line.clear();
        answer.read_line(&mut line)?;
        let header = line.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        has_type |= header.starts_with("content-type: text/html");
        is_page &= !header.starts_with("content-disposition: attachment");
    }
    if !is_page || !has_type {
        return Ok(None);
    }
    let mut text = String::new();
    answer.read_to_string(&mut text)?;
    Ok(Some(text))
}

/// Where a page's links lead, on this server and to pages.
fn links(page: &str, address: &str) -> Vec<String> {
    let path = address.split('?').next().unwrap_or(address);
    let targets = page
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    let targets = targets.filter_map(|target| {
        let target = target.replace("&#38;", "&").replace("&amp;", "&");
        let target = target.split('#').next().unwrap_or_default();
        match target.chars().next()? {
            '/' => Some(target.to_owned()),
            '?' => Some(format!("{path}{target}")),
            _ => None,
        }
    });
    targets
        .filter(|target| !NO_PAGES.iter().any(|other| target.starts_with(other)))
        .collect()
}
