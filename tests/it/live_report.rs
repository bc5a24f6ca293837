//! `aither run --report json`: what another program reads on standard output while a set is played.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;

use crate::live::{Scripts, tone};
use crate::rig::{PATIENCE, signal};

/// The lines of an output as they come.
fn lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (told, heard) = channel();
    std::thread::spawn(move || {
        BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| told.send(line)).ok();
    });
    heard
}

/// Ends with the test, whatever becomes of it.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn standard_output_is_a_line_of_json_for_each_file_of_each_edit_and_nothing_else() {
    let scripts = Scripts::new(&[("odd.rhai", "register("), ("tone.rhai", &tone(300))]);
    let mut command = scripts.run(&["--report", "json"]);
    command.env("ALSA_CONFIG_PATH", "/dev/null").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut playing = Ended(command.spawn().unwrap());
    let reports = lines(playing.0.stdout.take().unwrap());
    let words = lines(playing.0.stderr.take().unwrap());
    let next = || {
        let line = reports.recv_timeout(PATIENCE).expect("a report");
        let report: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let status = report["signals"][0]["status"].as_str().unwrap_or_default().to_owned();
        (report["file"].as_str().unwrap().to_owned(), report["ok"].as_bool().unwrap(), status, report["frame"].as_u64())
    };
    assert_eq!(next(), ("odd.rhai".to_owned(), false, String::new(), Some(0)));
    assert_eq!(next(), ("tone.rhai".to_owned(), true, "new".to_owned(), Some(0)));
    let mut told = Vec::new();
    while !told.last().is_some_and(|word: &String| word.contains("no sound device")) {
        told.push(words.recv_timeout(PATIENCE).expect("a word"));
    }
    // What is reserved is told at start, beside the reports.
    for begins in
        ["sandboxes  ", "helper memory  ", "program memory  ", "code memory  ", "meters  ", "ring of events  ", "sum  "]
    {
        assert!(told.iter().any(|word| word.starts_with(begins)), "{begins}: {told:?}");
    }
    let mut before = 0;
    for hz in [400, 500] {
        scripts.overwrite("tone.rhai", &tone(hz));
        let (file, ok, status, frame) = next();
        assert_eq!((&*file, ok, &*status), ("tone.rhai", true, "changed"));
        assert!(frame.unwrap() > before, "{frame:?} after {before}");
        before = frame.unwrap();
    }
    scripts.overwrite("tone.rhai", &tone(400).replace("LEVEL", "0").replace("* 0.25", "* 1e9 + 1e9"));
    let (_, ok, status, _) = next();
    assert_eq!((ok, &*status), (false, "refused"));
    signal(playing.0.id() as i32, libc::SIGTERM);
    assert!(playing.0.wait().unwrap().success());
    assert_eq!(reports.iter().collect::<Vec<_>>(), [""; 0]);
    let words = words.iter().collect::<Vec<_>>();
    assert!(
        words.iter().any(|word| word == "bye") && words.iter().any(|word| word.contains("handed over")),
        "{words:?}"
    );
}
