//! Progress of long work: a bar on a terminal, one line at the end elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

pub(crate) struct Progress {
    bar: ProgressBar,
    what: &'static str,
    unit: &'static str,
    since: Instant,
}

impl Progress {
    /// Starts the progress of `what`, which has `all` of `unit` to do.
    pub(crate) fn start(what: &'static str, unit: &'static str, all: u64) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(all), ProgressDrawTarget::stderr_with_hz(10));
        let template = "{msg} {wide_bar} {human_pos} of {human_len} {prefix}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar.set_prefix(unit);
        Progress {
            bar,
            what,
            unit,
            since: Instant::now(),
        }
    }

    /// This much is done.
    pub(crate) fn at(&self, done: u64) {
        self.bar.set_position(done);
    }

    /// All is done: says what it took.
    pub(crate) fn done(self) {
        let took: Duration = self.since.elapsed();
        let (done, what, unit) = (self.bar.position(), self.what, self.unit);
        self.bar.finish_and_clear();
        let mark = if std::io::stderr().is_terminal() {
            "✓ "
        } else {
            ""
        };
        // Where nobody reads standard error, nobody misses it.
        let _ = writeln!(
            std::io::stderr(),
            "{mark}{what}: {done} {unit} in {:.1} s",
            took.as_secs_f64()
        );
    }
}
