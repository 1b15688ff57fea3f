//! DuckDB, through its Python package, where that is installed.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::build::Data;
use crate::options::Options;
use crate::questions::{Answer, QUESTIONS};

/// Reads the rows once into a database of its own; then asks each question cold, with a database just
/// opened, and warm, the best of three. A line each: seconds, seconds, answer.
const SCRIPT: &str = r#"
import duckdb, os, sys, time
folder, questions = sys.argv[1], sys.argv[2:]
path = folder + "/rows.duckdb"
if not os.path.exists(path):
    db = duckdb.connect(path)
    db.execute("CREATE TABLE r AS SELECT * FROM read_csv('" + folder + "/rows.csv')")
    db.close()
for sql in questions:
    db = duckdb.connect(path, read_only=True)
    # It would stand among the answers.
    db.execute("SET enable_progress_bar = false")
    def ask():
        began = time.perf_counter()
        answer = db.execute(sql).fetchone()[0]
        return time.perf_counter() - began, float(answer or 0)
    try:
        cold, answer = ask()
    except duckdb.Error as e:
        print(e, sql, file=sys.stderr)
        print("nan nan nan", flush=True)
        continue
    print(cold, min(ask()[0] for _ in range(3)), answer, flush=True)
    db.close()
"#;

/// Its answers; `None` where there is none.
pub(crate) fn answers(data: &Data, options: &Options) -> Option<Vec<Answer>> {
    let wanted: Vec<_> = QUESTIONS
        .iter()
        .filter(|question| options.wants(question.name))
        .collect();
    let mut python = Command::new("python3");
    python.args(["-c", SCRIPT]).arg(&data.folder);
    python.args(wanted.iter().map(|question| question.sql));
    let said = python.stderr(Stdio::inherit()).output().ok()?;
    if !said.status.success() {
        eprintln!("skipped: DuckDB (put a python3 with its package on the PATH)");
        return None;
    }
    let said = String::from_utf8(said.stdout).expect("text");
    let answers = said.lines().zip(wanted).map(|(line, question)| {
        let numbers: Vec<f64> = line
            .split(' ')
            .map(|number| number.parse().expect("a number"))
            .collect();
        Answer {
            name: question.name,
            cold: seconds(numbers[0]),
            warm: seconds(numbers[1]),
            after_step: None,
            answer: numbers[2],
        }
    });
    Some(answers.collect())
}

/// None where it couldn't answer.
fn seconds(took: f64) -> Duration {
    Duration::try_from_secs_f64(took).unwrap_or_default()
}
