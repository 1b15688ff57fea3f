//! Where a daemon's values come from: a command's standard output, or a file. Nothing that either does
//! stops the daemon.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use usage_client::{Tags, UsageData, Values};

use crate::arguments::Source;
use crate::input;

/// Real ones have some hundred bytes; a server takes 4 MiB.
const MOST_BYTES: u64 = 1024 * 1024;

/// Between two looks at a command that runs.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

impl Source {
    /// What it says now. A command is ended when its time is over, or as soon as `stopping`.
    pub(crate) fn read(&self, stopping: &AtomicBool) -> Result<UsageData, String> {
        let bytes = match &self.file {
            Some(path) => of_file(path)?,
            None => of_command(&self.command, self.command_timeout, stopping)?,
        };
        if bytes.len() as u64 > MOST_BYTES {
            return Err(format!("more than {MOST_BYTES} bytes"));
        }
        let text = String::from_utf8(bytes).map_err(|_| "not text in UTF-8")?;
        usage(&text)
    }
}

fn of_file(path: &Path) -> Result<Vec<u8>, String> {
    let named = |error| format!("{}: {error}", path.display());
    bounded(File::open(path).map_err(named)?).map_err(named)
}

fn of_command(
    command: &[String],
    timeout: Duration,
    stopping: &AtomicBool,
) -> Result<Vec<u8>, String> {
    let (program, arguments) = command.split_first().ok_or("no command")?;
    let named = |why: &dyn std::fmt::Display| format!("{program}: {why}");
    let started = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = started.map_err(|error| named(&error))?;
    let ended = watch(&mut child, timeout, stopping);
    if ended.is_err() {
        // It may be over by now.
        let _ = child.kill();
        let _ = child.wait();
    }
    ended.map_err(|why| named(&why))
}

/// Its output, once it has ended well.
fn watch(child: &mut Child, timeout: Duration, stopping: &AtomicBool) -> Result<Vec<u8>, String> {
    let stdout = child.stdout.take().ok_or("it has no standard output")?;
    let (tell, output) = channel();
    // Not waited for: what the command itself has started may hold its output open for ever.
    std::thread::spawn(move || tell.send(bounded(stdout)));
    let begin = Instant::now();
    let mut read = None;
    loop {
        match read.take() {
            None => read = output.recv_timeout(BETWEEN_LOOKS).ok(),
            Some(bytes) => {
                match child.try_wait().map_err(|error| error.to_string())? {
                    Some(status) if status.success() => {
                        return bytes.map_err(|error: std::io::Error| error.to_string());
                    }
                    Some(status) => return Err(status.to_string()),
                    None => read = Some(bytes),
                }
                std::thread::park_timeout(BETWEEN_LOOKS);
            }
        }
        if begin.elapsed() >= timeout {
            return Err(format!("not done after {} s", timeout.as_secs()));
        }
        if stopping.load(Ordering::SeqCst) {
            return Err("ended by a stop".into());
        }
    }
}

/// One byte more than may be: that shows it.
fn bounded(from: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A JSON object of values, or one with `tags` and `values`; or lines, each `key=value` or line protocol.
fn usage(text: &str) -> Result<UsageData, String> {
    let (mut tags, mut values) = (Tags::new(), Values::new());
    if text.trim_start().starts_with('{') {
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))?;
        if !object
            .get("values")
            .is_some_and(|values| values.is_object())
        {
            values.extend(object);
            return Ok(UsageData::new().values(values));
        }
        let points = input::points(text)?;
        for point in points {
            tags.extend(point.tags.unwrap_or_default().iter().map(own));
            values.extend(point.values.unwrap_or_default().iter().map(own));
        }
        return Ok(UsageData::new().tags(tags).values(values));
    }
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut add = |key: String, value| match values.insert(key.clone(), value) {
            None => Ok(()),
            Some(_) => Err(format!("line {}: {key} is there twice", at + 1)),
        };
        if let Some((key, value)) = key_value(line) {
            add(key.to_owned(), input::typed(value))?;
            continue;
        }
        let point = input::point(line);
        let point =
            point.ok_or_else(|| format!("line {}: neither key=value nor line protocol", at + 1))?;
        tags.extend(point.tags.unwrap_or_default().iter().map(own));
        for (key, value) in point.values.unwrap_or_default().iter().map(own) {
            add(key, value)?;
        }
    }
    Ok(UsageData::new().tags(tags).values(values))
}

fn own<V: Clone>((key, value): (&String, &V)) -> (String, V) {
    (key.clone(), value.clone())
}

/// Line protocol has a space or a comma before its first `=`.
fn key_value(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    (!key.is_empty() && !key.contains([' ', ','])).then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use usage_client::{tags, values};

    #[test]
    fn values_are_read_however_they_are_written() {
        let values = values! { "n" => 3, "ratio" => 0.5, "edition" => "open source" };
        for text in [
            r#"{"n": 3, "ratio": 0.5, "edition": "open source"}"#,
            r#"{"values": {"n": 3, "ratio": 0.5, "edition": "open source"}}"#,
            "# a comment\nn=3\nratio = 0.5\n\nedition=open source\n",
            "engine n=3i,ratio=0.5\nnode edition=\"open source\"\n",
        ] {
            assert_eq!(usage(text).unwrap().values.unwrap(), values, "{text}");
        }
        let tagged = usage("engine,os=linux n=3i").unwrap();
        assert_eq!(tagged.tags.unwrap(), tags! { "os" => "linux" });
        assert_eq!(usage("").unwrap().values.unwrap(), values! {});
        for (text, why) in [
            ("n=3\nn=4", "line 2: n is there twice"),
            ("oops", "line 1"),
            ("{", "no JSON"),
        ] {
            let error = usage(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
