//! What a performer reads when something is wrong with a script: exact texts, with the place and what would work.

mod signals;
mod values;
mod words;

use crate::session::Set;

/// Fails unless a script is told exactly this.
fn check(script: &str, expected: &str) {
    let mut set = Set::new();
    let report = set.start(&[("a.rhai", script)]);
    let all = report.files[0].errors.iter().chain(&report.files[0].warnings);
    let found = all.map(|message| message.plain(|_| Some(script)) + "\n").collect::<String>();
    assert_eq!(found.trim_end(), expected.trim(), "\n{found}\n");
}
