//! What the system knows of this process: memory, processor time, descriptors. Read from `/proc`,
//! and left out where there is none. The names are those that every Prometheus library uses.

use std::fs;

use prometheus::{Registry, Result};

use super::scrape::{count_once, gauge_once};

/// Ticks a second in `/proc`: the same on every Linux, whatever its kernel's own clock is.
const TICKS_A_SECOND: f64 = 100.0;

/// Reads it once, into the registry of one scrape.
pub(super) fn read(registry: &Registry) -> Result<()> {
    if let Some(seconds) = cpu_seconds() {
        count_once(
            registry,
            "process_cpu_seconds_total",
            "Processor time spent, by the program and by the system for it.",
            seconds,
        )?;
    }
    let gauges = [
        (
            "process_resident_memory_bytes",
            "Memory of the process that is in RAM.",
            number_after("/proc/self/status", "VmRSS:").map(|kib| kib * 1024.0),
        ),
        (
            "process_open_fds",
            "File descriptors open, connections included.",
            open_descriptors(),
        ),
        (
            "process_max_fds",
            "File descriptors that may be open.",
            number_after("/proc/self/limits", "Max open files"),
        ),
        (
            "process_threads",
            "Threads of the process.",
            number_after("/proc/self/status", "Threads:"),
        ),
        (
            "process_start_time_seconds",
            "When the process began, in seconds since 1970.",
            start_seconds(),
        ),
    ];
    for (name, help, number) in gauges {
        if let Some(number) = number {
            gauge_once(registry, name, help, number)?;
        }
    }
    Ok(())
}

/// The number after a line's name.
fn number_after(file: &str, name: &str) -> Option<f64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A number of `/proc/self/stat`, counted from 1 as the manual does. The name of the program comes
/// second and may hold anything.
fn stat(place: usize) -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, after_name) = text.rsplit_once(')')?;
    let number = after_name.split_whitespace().nth(place.checked_sub(3)?)?;
    number.parse().ok()
}

fn cpu_seconds() -> Option<f64> {
    let (program, system) = (14, 15);
    Some((stat(program)? + stat(system)?) / TICKS_A_SECOND)
}

fn start_seconds() -> Option<f64> {
    let ticks_after_boot = 22;
    Some(number_after("/proc/stat", "btime ")? + stat(ticks_after_boot)? / TICKS_A_SECOND)
}

/// One of them is the folder in which they are counted.
fn open_descriptors() -> Option<f64> {
    let open = fs::read_dir("/proc/self/fd").ok()?.count();
    Some(open.saturating_sub(1) as f64)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_known() {
        let resident = number_after("/proc/self/status", "VmRSS:").unwrap();
        assert!(resident > 100.0, "{resident} KiB");
        assert!(cpu_seconds().unwrap() >= 0.0);
        let now = jiff::Timestamp::now().as_second() as f64;
        let began = start_seconds().unwrap();
        assert!(
            (now - 86_400.0..=now + 5.0).contains(&began),
            "{began} of {now}"
        );
        let open = open_descriptors().unwrap();
        let max = number_after("/proc/self/limits", "Max open files").unwrap();
        assert!(open >= 3.0 && open <= max, "{open} of {max}");
    }
}
