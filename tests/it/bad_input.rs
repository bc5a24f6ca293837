//! Input that must be harmless: a clear message or a defined sound, and everything else plays on.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use aither::session::Settings;
use tempfile::TempDir;

use crate::session::{Set, error, file, statuses};

const GOOD: &str = "register(\"good\", osc(220).gain(0.3));";

fn aither(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_aither")).args(arguments).current_dir(folder).output().unwrap()
}

/// Exit code, standard output and standard error.
fn outcome(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("it ends by itself"), text(&output.stdout), text(&output.stderr))
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        fs::write(folder.path().join(path), content).unwrap();
    }
    folder
}

/// Starts with a good file beside a bad one: the bad one is refused, the good one sounds.
fn refused(text: &str) -> String {
    let mut set = Set::new();
    let report = set.start(&[("bad.rhai", text), ("good.rhai", GOOD)]);
    assert!(!file(&report, "bad.rhai").ok, "it was taken");
    let sound = set.play(640).remove(0);
    assert!(sound.iter().any(|sample| sample.abs() > 0.1), "the good file is silent");
    error(&report, "bad.rhai")
}

/// Starts with a script and gives what it sounds like, and how many warnings it got.
fn heard(text: &str) -> (Vec<f64>, usize) {
    let mut set = Set::new();
    let report = set.start(&[("odd.rhai", text)]);
    assert!(report.ok(), "{}", report.json().join("\n"));
    let sound = set.play(9600).remove(0);
    assert!(sound.iter().all(|sample| sample.is_finite() && sample.abs() <= 1.0), "{text}");
    (sound, file(&report, "odd.rhai").warnings.len())
}

#[test]
fn an_empty_folder_and_an_empty_file_are_fine() {
    let empty = folder(&[]);
    let (code, out, _) = outcome(&aither(&["check", "."], empty.path()));
    assert_eq!((code, out.as_str()), (0, "0 scripts, 0 signals: all is well\n"));
    let blank = folder(&[("blank.rhai", b"")]);
    let (code, out, _) = outcome(&aither(&["check", "."], blank.path()));
    assert_eq!((code, out.as_str()), (0, "1 script, 0 signals: all is well\n"));
    let (code, ..) = outcome(&aither(&["render", ".", "-o", "silence.wav", "--seconds", "0.1"], blank.path()));
    assert_eq!(code, 0);
    let mut samples = hound::WavReader::open(blank.path().join("silence.wav")).unwrap();
    assert!(samples.samples::<f32>().all(|sample| sample.unwrap() == 0.0));
}

#[test]
fn a_folder_that_is_not_there_is_refused() {
    let here = folder(&[]);
    for command in
        [vec!["check", "nowhere"], vec!["bench", "nowhere"], vec!["render", "nowhere", "-o", "x.wav"], vec!["nowhere"]]
    {
        let (code, _, err) = outcome(&aither(&command, here.path()));
        assert_eq!((code, err.as_str()), (1, "aither: there is no file or folder nowhere\n"), "{command:?}");
    }
}

#[test]
fn a_binary_file_is_refused_and_the_others_are_checked() {
    let here = folder(&[("noise.rhai", &[0, 159, 146, 150]), ("good.rhai", GOOD.as_bytes())]);
    let (code, _, err) = outcome(&aither(&["check", "."], here.path()));
    assert_eq!(code, 1);
    assert!(err.starts_with("error: cannot be read: it is not UTF-8 text"), "{err}");
    assert!(err.contains("--> noise.rhai") && !err.contains("good.rhai"), "{err}");
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_to_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let here = folder(&[("secret.rhai", GOOD.as_bytes())]);
    let secret = here.path().join("secret.rhai");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&secret).is_ok() {
        // Some users may read everything.
        return;
    }
    let (code, _, err) = outcome(&aither(&["check", "."], here.path()));
    assert_eq!(code, 1);
    assert!(err.contains("cannot be read") && err.contains("secret.rhai"), "{err}");
}

#[test]
fn a_script_of_ten_megabytes_is_refused() {
    let error = refused(&"// ten megabytes of words\n".repeat(400_000));
    assert_eq!(
        error,
        "error: the script has 10400000 bytes; 2097152 are the most\n--> bad.rhai\n = help: split it into several files"
    );
}

#[test]
fn ten_thousand_signals_play_where_there_is_room_for_them() {
    let text = "for i in 0..10000 { register(`s${i}`, osc(100 + i / 10).gain(0.0001)); }";
    assert!(refused(text).contains("64 of 64 signals are in use"), "{}", refused(text));
    let mut set = Set::with(&Settings { max_signals: 10_000, ..Settings::default() });
    let report = set.start(&[("many.rhai", text)]);
    assert!(report.ok());
    assert_eq!(statuses(&report).len(), 10_000);
    assert!(set.play(640)[0].iter().any(|sample| *sample != 0.0));
}

#[test]
fn a_sum_of_a_hundred_thousand_helpers_is_refused_or_plays_and_is_freed() {
    let text = |count: usize| {
        format!("let x = osc(1); for i in 0..{count} {{ x = x + osc(i % 100); }} register(\"sum\", x * 0.0001);")
    };
    let error = refused(&text(100_000));
    assert!(error.starts_with("error: the signal `sum` needs more than"), "{error}");
    assert!(error.contains("split it into several signals"), "{error}");
    // A chain as deep that computes nothing to hear: built, walked and dropped.
    let chain = "let x = osc(1); for i in 0..100000 { x = -x; } register(\"good\", 0.1);";
    assert!(Set::new().start(&[("chain.rhai", chain)]).ok());
    let mut set = Set::new();
    assert!(set.start(&[("sum.rhai", &text(2000))]).ok());
    assert!(set.play(640)[0].iter().any(|sample| *sample != 0.0));
}

#[test]
fn deep_nesting_is_refused_at_its_place_or_plays() {
    let nested = |depth: usize| format!("register(\"a\", {}0.1{});", "(".repeat(depth), ")".repeat(depth));
    let deep = refused(&nested(3000));
    assert!(deep.contains("this expression nests too deep\n--> bad.rhai:1:"), "{deep}");
    assert!(heard(&nested(50)).0.iter().all(|sample| *sample == 0.1));
    let sum = format!("register(\"a\", |s| {}s.t);", "s.t + ".repeat(5000));
    assert!(refused(&sum).contains("nests too deep"));
    // Calls inside of calls, each as deep as an expression may be.
    let inner = format!("{}f(x){}", "(1 + ".repeat(40), ")".repeat(40));
    let recursion = refused(&format!("fn f(x) {{ {inner} }}\nf(1);"));
    assert!(recursion.contains("functions call each other too deep\n--> bad.rhai:"), "{recursion}");
    let recursion = refused(&format!("fn f(x) {{ {inner} }}\nregister(\"a\", |s| f(s.t));"));
    let cut = recursion.contains("call each other more than 64 deep") || recursion.contains("nests too deep");
    assert!(cut && recursion.contains("--> bad.rhai:1:"), "{recursion}");
    let brackets = refused(&"[".repeat(100_000));
    assert!(brackets.contains("--> bad.rhai:1:"), "{brackets}");
}

#[test]
fn scripts_without_end_are_cut() {
    let cut = "error: the script does not come to an end while it loads\n--> bad.rhai:1:";
    for text in ["loop { }", "while true { let x = 1; }", "let i = 0; do { i += 1; } while i >= 0;"] {
        let error = refused(text);
        assert!(error.starts_with(cut), "{error}");
    }
    for text in [
        "let a = \"x\"; loop { a += a; }",
        "let a = [1]; loop { a += a; }",
        "let a = []; loop { a.push([1, 2, 3, 4]); }",
        "let a = [0]; loop { a = [a, a]; }",
        "let a = []; a.pad(1000000000, 0);",
        "let a = []; a.pad(60000, 0); loop { a[0] = 1; }",
    ] {
        let error = refused(text);
        let large = error.contains("grows too large") || error.starts_with(cut) || error.contains("nests too deep");
        assert!(large && error.contains("--> bad.rhai:1:"), "{text}\n{error}");
    }
}

#[test]
fn a_closure_without_end_is_refused_or_cut_and_the_rest_plays_on() {
    let mut set = Set::new();
    let texts = [
        ("a.rhai", "register(\"a\", |s| { loop { s.state[0] += 1.0; } 1.0 });"),
        ("b.rhai", "register(\"b\", |s| { let i = 0.0; while i >= 0.0 { i += s.dt; } i });"),
        ("good.rhai", GOOD),
    ];
    set.start(&texts);
    let sound = set.play(640).remove(0);
    assert!(sound.iter().all(|sample| sample.is_finite()) && sound.iter().any(|sample| sample.abs() > 0.1));
}

#[test]
fn words_that_would_break_the_set_are_errors() {
    for (text, word) in [
        ("eval(\"1\");", "eval"),
        ("sleep(10000);", "sleep"),
        ("sleep(1.5);", "sleep"),
        ("exit();", "exit"),
        ("exit(5);", "exit"),
        ("let t = timestamp();", "timestamp"),
    ] {
        let error = refused(text);
        assert!(error.starts_with(&format!("error: `{word}` is not part of the language\n--> bad.rhai:1:")), "{error}");
    }
}

#[test]
fn register_in_a_closure_is_an_error() {
    let error = refused("register(\"a\", |s| { register(\"b\", osc(1)); 1.0 });");
    assert!(error.starts_with("error: `register` cannot be used in a closure"), "{error}");
    assert!(error.contains("--> bad.rhai:1:21"), "{error}");
}

#[test]
fn odd_names_are_errors() {
    let long = refused(&format!("register(\"{}\", osc(1));", "n".repeat(10_000)));
    assert!(
        long.starts_with("error: this signal's name has 10000 bytes; 256 are the most\n--> bad.rhai:1:1"),
        "{long}"
    );
    let empty = refused("register(\"\", osc(1));");
    assert!(empty.starts_with("error: a signal needs a name; this one is empty\n--> bad.rhai:1:1"), "{empty}");
    let lines = refused("register(\"two\\nlines\", osc(1));");
    assert!(lines.starts_with("error: a signal's name is one line of text;"), "{lines}");
    assert!(refused(&format!("unregister(\"{}\");", "n".repeat(10_000))).contains("256 are the most"));
}

#[test]
fn numbers_out_of_all_bounds_are_a_warning_and_a_defined_sound() {
    let numbers = ["0.0 / 0.0", "1.0 / 0.0", "-1.0 / 0.0", "-5", "1e30", "-1e30", "1e-320"];
    let calls = ["osc(N)", "saw(N)", "osc(200).lowpass(N)", "osc(200).highpass(N)", "osc(200).lpf(N, 0.9)"];
    let more =
        ["osc(200).lpf(500, N)", "osc(200).hpf(N, N)", "osc(200).delay(0.1, N)", "phasor(N)", "decay(phasor(2), N)"];
    for call in calls.iter().chain(&more) {
        for number in numbers {
            let constant = format!("register(\"a\", {} * 0.1);", call.replace('N', &format!("({number})")));
            heard(&constant);
            let signal =
                format!("let n = ({number}) + phasor(0) * 0;\nregister(\"a\", {} * 0.1);", call.replace('N', "n"));
            heard(&signal);
        }
    }
    assert_eq!(heard("register(\"a\", osc(0.0 / 0.0));").1, 1);
    assert_eq!(heard("register(\"a\", osc(1e9).lpf(-3, 7));").1, 3);
}

#[test]
fn a_signal_that_is_no_number_is_silent_and_named() {
    let mut set = Set::untried(&[("good.rhai", GOOD), ("odd.rhai", "// first\nregister(\"odd\", 0.0 / phasor(0));")]);
    let mut told = Vec::new();
    for _ in 0..40 {
        let sound = set.player.quantum();
        assert!(sound.iter().all(|sample| sample.is_finite()));
        told.extend(set.performance.tick());
    }
    let told = told.iter().filter_map(|notice| match notice {
        aither::session::Notice::Diagnostic(diagnostic) => Some(diagnostic.plain(|_| None)),
        _ => None,
    });
    let told = told.collect::<String>();
    assert!(told.starts_with("error: the signal `odd` gave a sample that is no number at frame 0"), "{told}");
    assert!(told.contains("--> odd.rhai:2:1"), "{told}");
    assert!(set.play(640)[0].iter().any(|sample| sample.abs() > 0.1));
    let report = set.saves(&[("odd.rhai", Some("register(\"odd\", 0.25);"))]);
    assert!(report.ok());
    set.play(1920);
    assert_eq!(set.stems(1)["odd"][0], 0.25, "it sounds again once it is corrected");
}

#[test]
fn a_delay_of_a_billion_seconds_is_a_warning_and_the_longest_there_is() {
    let mut set = Set::with(&Settings::default());
    let report = set.start(&[("a.rhai", "register(\"a\", osc(1).delay(1000000000.0, 1.0));")]);
    assert!(report.ok(), "{:?}", report.json());
    let warning = file(&report, "a.rhai").warnings[0].plain(|_| None);
    assert!(
        warning.starts_with("warning: delay: max = 1000000000 s is outside 0 to 60 s; 60 s is taken\n--> a.rhai:1:22"),
        "{warning}"
    );
}

#[test]
fn a_half_written_script_is_refused_at_every_length_and_the_old_sound_goes_on() {
    let text = "let beat = phasor(2);\nregister(\"a\", pipe(saw(110), |x| lpf(x, 400 + beat * 100, 0.5), |x| gain(x, 0.2)));\n";
    let mut still = Set::of(&[("good.rhai", GOOD)]);
    let mut set = Set::of(&[("good.rhai", GOOD)]);
    for length in (1..text.len()).step_by(7) {
        set.save(&[("half.rhai", Some(&text[..length]))]);
        let (wanted, found) = (still.stems(2), set.stems(2));
        assert_eq!(crate::session::bits(&wanted["good"]), crate::session::bits(&found["good"]), "at {length}");
    }
    assert!(set.saves(&[("half.rhai", Some(text))]).ok());
}
