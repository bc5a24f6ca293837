//! The commands as a person meets them: what they print, what they write, how they end.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use aither::compile::{BackEnd, Compiler};
use serde_json::Value;
use tempfile::TempDir;

const GOOD: &str = "register(\"tone\", osc(220).gain(0.25));\nregister(\"wide\", [saw(110), saw(111)].gain(0.1));\n";

pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        fs::write(folder.path().join(path), content).unwrap();
    }
    folder
}

pub fn aither(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aither"));
    // Nobody's own config file.
    command.env("XDG_CONFIG_HOME", folder);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

/// What a command that succeeds prints.
pub fn out(folder: &Path, arguments: &[&str]) -> String {
    let output = aither(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// How a command ends and what it says to standard error; it prints nothing else.
pub fn fails(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = aither(folder, arguments);
    assert!(output.stdout.is_empty(), "{arguments:?} prints {}", String::from_utf8_lossy(&output.stdout));
    (output.status.code().expect("it ends by itself"), String::from_utf8(output.stderr).unwrap())
}

pub fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Samples of a WAV file as floats, channel after channel in every frame.
fn wav(path: &Path) -> (hound::WavSpec, Vec<f64>) {
    let mut reader = hound::WavReader::open(path).unwrap();
    let spec = reader.spec();
    let full = f64::from((1_u32 << (spec.bits_per_sample - 1)) - 1);
    let samples = match spec.sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().map(|sample| f64::from(sample.unwrap())).collect(),
        hound::SampleFormat::Int => reader.samples::<i32>().map(|sample| f64::from(sample.unwrap()) / full).collect(),
    };
    (spec, samples)
}

#[test]
fn every_command_shows_an_example() {
    let here = folder(&[]);
    for command in ["run", "render", "check", "bench", "devices", "helpers"] {
        let help = out(here.path(), &[command, "--help"]);
        assert!(help.contains(&format!("Example: aither {command}")), "{help}");
    }
    let help = out(here.path(), &["--help"]);
    assert!(help.contains("Example: aither scripts/"), "{help}");
    assert!(out(here.path(), &["--version"]).starts_with("aither "));
}

#[test]
fn every_command_is_described_by_words_of_its_own() {
    let here = folder(&[]);
    let help = out(here.path(), &["--help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let mut said = commands.filter_map(|line| line.trim().split_once(' ')).map(|(_, about)| about.trim());
    let mut known = std::collections::HashSet::new();
    let twice = said.find(|about| !known.insert(*about));
    assert_eq!(twice, None, "{help}");
    assert!(known.len() > 30, "{help}");
}

#[test]
fn what_is_not_understood_ends_with_two() {
    let here = folder(&[("a.rhai", GOOD)]);
    let wrong: [&[&str]; 9] = [
        &["render", "a.rhai"],
        &["render", "a.rhai", "-o", "a.wav", "--bits", "12"],
        &["render", "a.rhai", "-o", "a.wav", "--rate", "5"],
        &["render", "a.rhai", "-o", "a.wav", "--channels", "0"],
        &["check"],
        &["check", "a.rhai", "--backend", "magic"],
        &["check", "a.rhai", "--helper-memory", "lots"],
        &["bench", "a.rhai", "--seconds", "soon"],
        &["helpers", "--yaml"],
    ];
    for arguments in wrong {
        let (code, err) = fails(here.path(), arguments);
        assert!(code == 2 && err.contains("error:"), "{arguments:?}: {code} {err}");
    }
}

#[test]
fn check_says_what_is_wrong_and_ends_with_one() {
    let here = folder(&[("a.rhai", GOOD), ("b.rhai", "register(\"x\", oscc(1));\n")]);
    let (code, err) = fails(here.path(), &["check", "."]);
    assert_eq!(code, 1);
    assert_eq!(
        err,
        "error: there is no function `oscc`\n --> b.rhai:1:15\n  |\n1 | register(\"x\", oscc(1));\n  |               ^\n  \
         |\n  = help: did you mean `osc`? osc(freq Hz, phase = 0 turns, sync = 0)\n",
        "no colours where nobody looks"
    );
    let output = aither(here.path(), &["check", ".", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let checked = json(&String::from_utf8(output.stdout).unwrap());
    assert_eq!((&checked["check"], &checked["ok"]), (&1.into(), &false.into()), "the version of the form");
    assert_eq!(checked["folder"], here.path().canonicalize().unwrap().display().to_string());
    assert_eq!(
        checked["diagnostics"],
        serde_json::json!([{
            "severity": "error", "file": "b.rhai", "line": 1, "column": 15,
            "message": "there is no function `oscc`", "help": "did you mean `osc`? osc(freq Hz, phase = 0 turns, sync = 0)",
            "range": {"start": {"line": 0, "character": 14}, "end": {"line": 0, "character": 18}}, "also": [],
        }])
    );
}

/// What `check --json` says of a path, with a text on standard input.
fn checked(folder: &Path, path: &str, unsaved: &str, text: &str) -> serde_json::Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aither"));
    command.env("XDG_CONFIG_HOME", folder).current_dir(folder).args(["check", path, "--json", "--stdin", unsaved]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    json(&String::from_utf8(output.stdout).unwrap())
}

#[test]
fn check_marks_words_in_units_of_utf_16_and_finds_one_error_for_each_signal() {
    let here = folder(&[("a.rhai", "register(\"é🎵\", |s| s.statee[0]);\r\nregister(\"b\", |s| nothing(s.t));\n")]);
    let checked = json(&String::from_utf8(aither(here.path(), &["check", "a.rhai", "--json"]).stdout).unwrap());
    let diagnostics = checked["diagnostics"].as_array().unwrap();
    assert_eq!(diagnostics.len(), 2, "{checked}");
    let place = |nth: usize| {
        let one = &diagnostics[nth];
        let at =
            |end: &str| (one["range"][end]["line"].as_u64().unwrap(), one["range"][end]["character"].as_u64().unwrap());
        (one["line"].as_u64().unwrap(), one["column"].as_u64().unwrap(), at("start"), at("end"))
    };
    // One of the characters before `statee` is two units of UTF-16.
    let (line, column, start, end) = place(0);
    assert_eq!((line, start.0, end.0), (1, 0, 0));
    assert_eq!((start.1, end.1 - start.1), (column, 6), "{checked}");
    let (line, column, start, end) = place(1);
    assert_eq!((line, start, end), (2, (1, column - 1), (1, column - 1 + 7)), "{checked}");
}

#[test]
fn check_takes_the_text_of_a_script_that_is_not_saved_from_standard_input() {
    let here = folder(&[("a.rhai", "register(\"tone\", oscc(220));"), ("b.rhai", "register(\"other\", osc(110));")]);
    let good = "register(\"tone\", osc(220));";
    // The text on the disk is wrong, the one in the editor is not, and the other way round.
    let now = checked(here.path(), "a.rhai", "a.rhai", good);
    assert_eq!((&now["ok"], &now["needs"]["signals"]["needed"]), (&true.into(), &1.into()), "{now}");
    let now = checked(here.path(), ".", "./a.rhai", good);
    assert_eq!((&now["ok"], &now["needs"]["signals"]["needed"]), (&true.into(), &2.into()), "{now}");
    let now = checked(here.path(), ".", "b.rhai", "register(\"tone\", osc(1));\nregister(\"x\", sww(1));");
    let files =
        now["diagnostics"].as_array().unwrap().iter().map(|one| (&one["file"], &one["line"])).collect::<Vec<_>>();
    assert_eq!(files, [(&"a.rhai".into(), &1.into()), (&"b.rhai".into(), &2.into())], "{now}");
    // Two files that want one name: both places are told.
    let now = checked(here.path(), ".", "a.rhai", "\n  register(\"other\", osc(1));");
    let also = &now["diagnostics"][0]["also"][0];
    assert_eq!((&also["file"], &also["line"]), (&"a.rhai".into(), &2.into()), "{now}");
    // A file that is not there yet, alone and among others.
    assert_eq!(checked(here.path(), "new.rhai", "new.rhai", good)["ok"], true);
    let now = checked(here.path(), ".", "sub/new.rhai", "fn loud(x) { x * }");
    assert_eq!(now["diagnostics"][1]["file"], "sub/new.rhai", "{now}");
    // An imported file is taken from the editor too.
    let here = folder(&[
        ("a.rhai", "import \"lib\" as lib;\nregister(\"a\", lib::tone(220));"),
        ("lib.rhai", "fn tone(f) { osc(f) }"),
    ]);
    let now = checked(here.path(), ".", "lib.rhai", "fn tune(f) { osc(f) }");
    assert_eq!(now["diagnostics"][0]["message"], "there is no function `tone` in `lib`", "{now}");
    let (code, err) = fails(here.path(), &["check", "a.rhai", "--stdin", "lib.rhai"]);
    assert_eq!((code, err.as_str()), (1, "aither: lib.rhai is no script of a.rhai\n"));
    let (code, err) = fails(here.path(), &["check", ".", "--stdin", "../x.rhai"]);
    assert_eq!((code, err.as_str()), (1, "aither: ../x.rhai is no script of .\n"));
    let (code, err) = fails(here.path(), &["check", ".", "--stdin", "a.txt"]);
    assert_eq!((code, err.as_str()), (1, "aither: a.txt is no script of .\n"));
}

#[test]
fn a_script_that_only_warns_is_taken() {
    let here = folder(&[("a.rhai", "register(\"a\", osc(99999));")]);
    let output = aither(here.path(), &["check", "a.rhai"]);
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(err.starts_with("warning: osc: freq = 99999 Hz is outside"), "{err}");
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("1 script, 1 signal: 1 message\n"));
    let checked = json(&out(here.path(), &["check", "a.rhai", "--json"]));
    assert_eq!(checked["diagnostics"].as_array().unwrap().len(), 1);
}

#[test]
fn check_says_what_the_scripts_need_before_they_play() {
    let here = folder(&[(
        "a.rhai",
        "register(\"a\", osc(220).delay(1.0, 0.5));\nregister(\"b\", osc(110).delay(1.0, 0.5));\n",
    )]);
    let told = out(here.path(), &["check", "a.rhai"]);
    let lines = told.lines().collect::<Vec<_>>();
    assert_eq!(lines[0], "1 script, 2 signals: all is well");
    assert_eq!(lines[1], "signals                 2 of 1024");
    assert_eq!(lines[2], "helper memory       1 MiB of 64 MiB (131076 slots)");
    assert!(lines[3].starts_with("program memory  ") && lines[3].ends_with(" KiB of 16 MiB"), "{told}");
    assert!(lines[4].starts_with("code memory  ") && lines[4].ends_with(" KiB of 16 MiB"), "{told}");
    // What does not fit is named whatever else is refused first, and the value that is named does.
    let short = ["check", "a.rhai", "--max-signals", "1", "--helper-memory", "4KiB"];
    let (code, err) = fails(here.path(), &short);
    assert_eq!(code, 1);
    let ends = "signals                 2 of 1: too little; start with --max-signals 2\n\
                helper memory       1 MiB of 4 KiB (131076 slots): too little; start with --helper-memory 2MiB\n";
    assert!(err.starts_with("error: ") && err.ends_with(ends), "{err}");
    out(here.path(), &["check", "a.rhai", "--max-signals", "2", "--helper-memory", "2MiB"]);
    let output = aither(here.path(), &["check", "a.rhai", "--helper-memory", "4KiB", "--json"]);
    let needs = &json(&String::from_utf8(output.stdout).unwrap())["needs"];
    let wanted = serde_json::json!({
        "needed": 131_076 * 8, "capacity": 4096, "fits": false, "flag": "--helper-memory", "slots": 131_076,
    });
    assert_eq!(needs["helper_memory"], wanted);
    assert_eq!((&needs["signals"]["needed"], &needs["signals"]["fits"]), (&2.into(), &true.into()));
    // Both are of one shape, and share their code.
    let code = |text: &str| {
        fs::write(here.path().join("b.rhai"), text).unwrap();
        json(&out(here.path(), &["check", "b.rhai", "--json"]))["needs"]["code_memory"]["needed"].as_u64().unwrap()
    };
    let [one, two, other] = [
        "register(\"a\", osc(220).delay(1.0, 0.5));",
        "register(\"a\", osc(220).delay(1.0, 0.5)); register(\"b\", osc(110).delay(1.0, 0.5));",
        "register(\"a\", osc(220).delay(1.0, 0.5)); register(\"b\", saw(110));",
    ]
    .map(code);
    assert!(one > 0 && two == one && other > one, "{one}, {two}, {other}");
    let interpreted = out(here.path(), &["check", "a.rhai", "--backend", "oracle"]);
    assert!(interpreted.ends_with("code memory           0 B of 0 B\n"), "{interpreted}");
}

#[test]
fn check_prints_the_program_of_every_signal() {
    let here = folder(&[("a.rhai", GOOD)]);
    let printed = out(here.path(), &["check", "a.rhai", "--print-ir"]);
    assert!(printed.starts_with("signal tone\n1 channels\n"), "{printed}");
    assert!(printed.contains("\nsignal wide\n2 channels\n"), "{printed}");
}

#[test]
fn render_writes_as_many_frames_as_asked_in_each_format() {
    let here = folder(&[("a.rhai", GOOD)]);
    let mut sounds = Vec::new();
    for (bits, width) in [("32f", 32), ("24", 24), ("16", 16)] {
        out(here.path(), &["render", "a.rhai", "-o", "a.wav", "--seconds", "0.1", "--bits", bits]);
        let (spec, samples) = wav(&here.path().join("a.wav"));
        assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, 48_000, width));
        assert_eq!(samples.len(), 2 * 4800);
        sounds.push(samples);
    }
    for (sound, step) in sounds.iter().zip([0.0, 1.0 / 8_388_607.0, 1.0 / 32_767.0]) {
        let apart = sound.iter().zip(&sounds[0]).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max);
        // Half a step, and what 24 bits of a float leave out.
        assert!(apart <= step * 0.5 + 1e-7, "{apart} with steps of {step}");
    }
    out(here.path(), &["render", "a.rhai", "-o", "b.wav", "--seconds", "0.01", "--rate", "44100", "--channels", "3"]);
    let (spec, samples) = wav(&here.path().join("b.wav"));
    assert_eq!((spec.channels, spec.sample_rate, samples.len()), (3, 44_100, 3 * 441));
}

#[test]
fn each_channel_of_a_signal_has_its_channel_of_the_file() {
    let here = folder(&[
        ("a.rhai", "register(\"a\", [0.01, 0.02, 0.03, 0.04]);"),
        ("b.rhai", "register(\"b\", osc([100, 200, 300, 400]).mono() * 0 + 0.1);"),
    ]);
    for (channels, wanted) in
        [("4", vec![0.11, 0.12, 0.13, 0.14]), ("5", vec![0.11, 0.12, 0.13, 0.14, 0.1]), ("2", vec![0.14, 0.16])]
    {
        out(here.path(), &["render", ".", "-o", "a.wav", "--seconds", "0.01", "--bits", "32f", "--channels", channels]);
        let (spec, samples) = wav(&here.path().join("a.wav"));
        assert_eq!(usize::from(spec.channels), wanted.len());
        for frame in samples.chunks(wanted.len()) {
            let same = frame.iter().zip(&wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-7);
            assert!(same, "found {frame:?}, expected {wanted:?}");
        }
    }
}

#[test]
fn render_takes_ten_seconds_where_none_are_given() {
    let here = folder(&[("a.rhai", "register(\"a\", 0.5);")]);
    out(here.path(), &["render", "a.rhai", "-o", "a.wav"]);
    let (_, samples) = wav(&here.path().join("a.wav"));
    assert_eq!(samples.len(), 2 * 480_000);
    assert!(samples.iter().all(|sample| *sample == 0.5), "the limiter is exact up to a half, mono goes to all");
}

#[test]
fn stems_add_up_to_the_master() {
    let here = folder(&[("a.rhai", GOOD), ("b.rhai", "register(\"a/b\", tri(50).gain(0.05));")]);
    out(here.path(), &["render", ".", "-o", "a.wav", "--seconds", "0.2", "--stems", "stems"]);
    let (_, master) = wav(&here.path().join("a.wav"));
    let mut sum = vec![0.0; master.len()];
    let mut names = Vec::new();
    for stem in fs::read_dir(here.path().join("stems")).unwrap() {
        let stem = stem.unwrap();
        names.push(stem.file_name().into_string().unwrap());
        let (_, samples) = wav(&stem.path());
        assert!(samples.iter().any(|sample| *sample != 0.0), "{names:?}");
        sum.iter_mut().zip(samples).for_each(|(sum, sample)| *sum += sample);
    }
    names.sort();
    assert_eq!(names, ["a_b-0.wav", "tone.wav", "wide.wav"]);
    let apart = sum.iter().zip(&master).map(|(sum, master)| (sum - master).abs()).fold(0.0, f64::max);
    assert!(apart < 1e-6, "{apart}: all of it is below a half, where the limiter is exact");
}

#[test]
fn render_leaves_no_file_where_a_script_is_refused() {
    let here = folder(&[("a.rhai", GOOD), ("b.rhai", "register(\"x\", oscc(1));")]);
    let (code, err) = fails(here.path(), &["render", ".", "-o", "a.wav", "--stems", "stems"]);
    assert!(code == 1 && err.starts_with("error: there is no function `oscc`"), "{err}");
    assert!(!here.path().join("a.wav").exists() && !here.path().join("stems").exists());
    for (seconds, why) in [("0", "is no length"), ("-1", "is no length"), ("nan", "is no length"), ("1e9", "4 GiB")] {
        let length = format!("--seconds={seconds}");
        let (code, err) = fails(here.path(), &["render", "a.rhai", "-o", "a.wav", &length]);
        assert!(code == 1 && err.contains(why), "{err}");
        assert!(!here.path().join("a.wav").exists());
    }
    let (code, err) = fails(here.path(), &["render", "a.rhai", "-o", "nowhere/a.wav"]);
    assert!(code == 1 && err.starts_with("aither: cannot write nowhere/a.wav"), "{err}");
}

#[test]
fn bench_prints_one_object_with_its_figures() {
    let here = folder(&[("a.rhai", GOOD)]);
    let figures = json(&out(here.path(), &["bench", "a.rhai", "--seconds", "0.2", "--json"]));
    for field in ["ns_per_frame", "fixed_ns_per_frame", "times_real_time", "compile_ms"] {
        assert!(figures[field].as_f64().is_some_and(|figure| figure >= 0.0), "{field} in {figures}");
    }
    let fastest = Compiler::new(BackEnd::Auto, 0).unwrap().back_end();
    assert_eq!(figures["backend"], fastest.to_string());
    assert_eq!((&figures["signals"], &figures["functions"]), (&2.into(), &2.into()));
    let number = |field: &str| figures[field].as_f64().unwrap_or_else(|| panic!("{field} in {figures}"));
    assert_eq!(figures["bench"], 1, "the version of the schema");
    let stages = ["evaluate_ms", "lower_ms", "generate_ms", "bind_ms"].map(number);
    assert!(stages.iter().all(|stage| *stage > 0.0), "{stages:?}");
    assert!((stages.iter().sum::<f64>() - number("compile_ms")).abs() < 1e-6, "the stages are all of it");
    assert!(number("whole_ns_per_frame") >= number("ns_per_frame"));
    let signals = figures["per_signal"].as_array().unwrap();
    assert_eq!(signals.iter().map(|signal| &signal["name"]).collect::<Vec<_>>(), ["tone", "wide"]);
    assert_eq!(signals.iter().map(|signal| &signal["channels"]).collect::<Vec<_>>(), [1, 2]);
    for signal in signals {
        assert!(signal["ns_per_frame"].as_f64().is_none_or(|ns| ns > 0.0 && ns < 1e6), "{signal}");
        assert!(signal["bytes"].as_u64() > Some(1024) && signal["code_bytes"].as_u64() > Some(0), "{signal}");
        assert_eq!(signal["alike"], 1, "{signal}");
    }
    let figures = json(&out(here.path(), &["bench", "a.rhai", "--seconds=0.05", "--json", "--backend=oracle"]));
    assert_eq!(figures["backend"], "oracle");
    let (code, _) = fails(&folder(&[("b.rhai", "osc(")]).path().join("."), &["bench", "b.rhai", "--json"]);
    assert_eq!(code, 1);
}

#[test]
fn bench_says_of_each_signal_what_renders_it() {
    let set = r#"
register("alone", |s| { s.state[0] = s.state[0] * 0.9 + 0.01; s.state[0] });
register("staged", saw(55).lpf(800, 0.5) * 0.1);
register("ahead", osc(440) * 0.1);
for k in 0..3 { register(`equal-${k}`, saw(110 + k).highpass(300) * 0.1); }
let voices = [];
for k in 0..5 { voices.push(saw(220 + k).lpf(900 + k, 0.2)); }
register("voices", sum(voices) * 0.02);
"#;
    let here = folder(&[("set.rhai", set)]);
    let ways = |back_end: &str| {
        let back_end = format!("--backend={back_end}");
        let figures = json(&out(here.path(), &["bench", "set.rhai", "--seconds=0.05", "--json", &back_end]));
        let signals = figures["per_signal"].as_array().unwrap();
        signals.iter().map(|signal| (signal["name"].as_str().unwrap().to_owned(), signal["way"].clone())).collect()
    };
    let of = |ways: &BTreeMap<String, Value>, name: &str| ways[name].clone();
    let pairs: BTreeMap<String, Value> = ways("simd128");
    assert_eq!(of(&pairs, "alone"), serde_json::json!({"by": "scalar"}));
    let stages = [serde_json::json!({"by": "frames", "lanes": 2, "count": 1}), serde_json::json!({"by": "scalar"})];
    assert_eq!(of(&pairs, "staged"), serde_json::json!({"by": "stages", "stages": stages}));
    assert_eq!(of(&pairs, "ahead"), serde_json::json!({"by": "frames", "lanes": 2, "count": 1}));
    for name in ["equal-0", "equal-1", "equal-2"] {
        assert_eq!(of(&pairs, name), serde_json::json!({"by": "instances", "lanes": 2, "count": 3}));
    }
    let group = serde_json::json!({"by": "instances", "lanes": 2, "count": 5});
    let rest = serde_json::json!({"by": "frames", "lanes": 2, "count": 1});
    assert_eq!(of(&pairs, "voices"), serde_json::json!({"by": "pieces", "voices": [group], "rest": rest}));
    for (back_end, by) in [("cranelift", "scalar"), ("oracle", "oracle")] {
        let ways = ways(back_end);
        assert!(ways.len() == 7 && ways.values().all(|way| *way == serde_json::json!({"by": by})), "{ways:?}");
    }
    let text = out(here.path(), &["bench", "set.rhai", "--seconds=0.05", "--backend=simd128"]);
    for part in [
        "rendered by",
        " scalar ",
        " 2 lanes over time, then scalar ",
        " 3 in 2 lanes ",
        " 2 lanes over time ",
        " voices 5 in 2 lanes, rest 2 lanes over time ",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn bench_says_what_became_of_each_figure_since_an_earlier_measurement() {
    let here = folder(&[
        ("a.rhai", GOOD),
        ("other.json", "{}"),
        ("old.json", "{\"bench\":0}"),
        ("short.json", "{\"bench\":1}"),
    ]);
    fn bench<'a>(more: &[&'a str]) -> Vec<&'a str> {
        [&["bench", "a.rhai", "--seconds", "0.05"], more].concat()
    }
    let mut before = json(&out(here.path(), &bench(&["--json"])));
    // Fewer then than now.
    before["helper_slots"] = before["helper_slots"].as_u64().unwrap().div_ceil(2).into();
    before["path"] = "then.rhai".into();
    before["per_signal"][1]["name"] = "gone".into();
    let way = before["per_signal"][0]["way"].take();
    before["per_signal"][0]["way"] = serde_json::json!({"by": "oracle"});
    fs::write(here.path().join("before.json"), before.to_string()).unwrap();
    let now = json(&out(here.path(), &bench(&["--json", "--compare", "before.json"])));
    let compared = &now["compared"];
    let slots = now["helper_slots"].as_f64().unwrap() / before["helper_slots"].as_f64().unwrap();
    assert_eq!((&compared["path"], &compared["ratios"]["helper_slots"]), (&"then.rhai".into(), &slots.into()));
    let whole = now["whole_ns_per_frame"].as_f64().unwrap() / before["whole_ns_per_frame"].as_f64().unwrap();
    assert!((compared["ratios"]["whole_ns_per_frame"].as_f64().unwrap() - whole).abs() < 1e-9);
    assert!(compared["per_signal"].get("wide").is_none(), "who was not there is not compared");
    assert_eq!(
        (&compared["ways"], &now["per_signal"][0]["way"]),
        (&serde_json::json!({"tone": {"by": "oracle"}}), &way)
    );
    let text = out(here.path(), &bench(&["--compare", "before.json"]));
    for part in [
        "ns per frame",
        "signal",
        "memory",
        "to then",
        "now to then (then.rhai):",
        "helper_slots",
        "`tone` was rendered by oracle, and is by",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    for (file, complaint) in [
        ("none.json", "cannot read none.json"),
        ("a.rhai", "a.rhai holds no figures of `aither bench`"),
        ("other.json", "other.json holds no figures of `aither bench`"),
        ("old.json", "old.json has figures of version 0, and this is version 1"),
        ("short.json", "short.json lacks figures"),
    ] {
        let (code, err) = fails(here.path(), &bench(&["--compare", file]));
        assert!(code == 1 && err.contains(complaint), "{file}: {err}");
    }
}

#[test]
fn the_reference_is_there_for_people_and_for_programs() {
    let here = folder(&[]);
    let entries = json(&out(here.path(), &["helpers", "--json"]));
    let entries = entries.as_array().unwrap();
    for entry in entries {
        assert!(entry["name"].is_string() && entry["aliases"].is_array() && entry["arguments"].is_array(), "{entry}");
    }
    for name in ["osc", "lpf", "delay", "sin", "pipe", "mix", "register", "unregister"] {
        assert!(entries.iter().any(|entry| entry["name"] == name), "{name}");
    }
    assert_eq!(json(&out(here.path(), &["helpers", "lpf", "--json"])).as_array().unwrap().len(), 1);
    assert!(out(here.path(), &["helpers"]).contains("lpf"));
    assert!(out(here.path(), &["helpers", "lpf"]).contains("lpf(input, cutoff"));
    let (code, err) = fails(here.path(), &["helpers", "lpff"]);
    assert_eq!((code, err.as_str()), (1, "aither: there is no helper `lpff`; did you mean `lpf`?\n"));
}

#[test]
fn devices_are_an_array() {
    let here = folder(&[]);
    assert!(json(&out(here.path(), &["devices", "--json"])).is_array());
}
