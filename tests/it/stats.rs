//! `aither stats`: the tables word for word, the fields as README lists them, and a running engine that is watched. Who counts what is tested elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use aither::device::Counts;
use aither::memory::health::{Crossing, Level, Reserve, Subject};
use aither::memory::leak::{Leak, Metric};
use aither::session::Cost;
use aither::session::stats::{
    AudioStats, CodeStats, Crossed, HealthStats, PoolStats, Process, Reloads, SignalStats, Stats, VERSION, text,
};
use serde_json::Value;

use crate::console::{Runtime, read};
use crate::live::{SINE, Scripts, on_air, tone};
use crate::rig::until;

pub fn figures() -> Stats {
    let pool = |unit, capacity, used, fading, claims| PoolStats {
        unit,
        capacity,
        used,
        fading,
        high_water: used + fading,
        claims,
        releases: claims / 2,
        refusals: 1,
        keys: claims - claims / 2,
        free_pieces: Some(2),
        largest_free: Some(capacity - used - fading),
        pressure: (used + fading) as f64 / capacity as f64,
        ..PoolStats::default()
    };
    let signal = |name: &str, parked, cost| SignalStats {
        name: name.to_owned(),
        file: "a.rhai".to_owned(),
        parked,
        helpers: 2,
        slots: 300,
        bytes: 4000,
        cost,
    };
    let cost = Cost { share: 0.0123, worst_us: 40.4, worst_share: 0.0303 };
    let crossing = Crossing {
        subject: Subject::Pressure(Reserve::Helpers),
        from: Level::Ok,
        to: Level::Warning,
        message: "helper memory is 75 % full".to_owned(),
        help: "start with a larger --helper-memory".to_owned(),
    };
    Stats {
        stats: VERSION,
        frames: 5_000_000,
        seconds: 3723.4,
        rate: 48_000,
        tempo: 120.0,
        beat: 208.375,
        reloads: Reloads { taken: 7, refused: 1 },
        pools: BTreeMap::from([
            (Reserve::Helpers, PoolStats { level: Level::Warning, ..pool(8, 1 << 20, 3 << 18, 0, 90) }),
            (Reserve::Sandboxes, PoolStats { free_pieces: None, largest_free: None, ..pool(1024, 1024, 2, 1, 5) }),
            (Reserve::Code, pool(1, 64 << 20, 4096 * 3, 0, 3)),
        ]),
        code: CodeStats { pieces: 3, idle: 1, bytes: 5300, hits: 40, misses: 3, evictions: 0, generation_ms: 12.345 },
        signals: vec![signal("bass", false, Some(cost)), signal("a longer one", true, None)],
        audio: AudioStats { cost: Some(cost), heap_calls: 0, lost_events: 2, faded_out: 0 },
        device: Some(Counts { callbacks: 900, xruns: 1, worst_load_ppm: 123_456, ..Counts::default() }),
        health: HealthStats {
            level: Level::Warning,
            imbalance: 0,
            keys: 45,
            crossings: vec![Crossed { frame: 64, crossing }],
            leaks: vec![Leak { metric: Metric::Keys, per_reload: 1.0, confidence: 0.99, reloads: 40 }],
        },
        process: Process {
            heap_blocks: Some(1000),
            heap_bytes: Some(123 << 20),
            threads: Some(6),
            ..Process::default()
        },
    }
}

const TABLES: &str = "\
1:02:03  5000000 frames at 48000 Hz, 120 bpm, beat 208.3, 7 saves taken, 1 refused
health: warning, 45 helpers, 0 strays
audio thread: 1.2 % of the time, at worst 3.0 % (40 µs), 0 heap calls, 2 lost events
device: 900 blocks, 1 dropouts, 0 late, 0 too slow, worst block 12.3 %
process: 1000 blocks of the heap, 123 MiB, 6 threads

memory       used  fading  capacity    full           high water  keys  claims  releases  refused  free in   longest
helpers     6 MiB     0 B     8 MiB  75.0 %  warning       6 MiB    45      90        45        1        2     2 MiB
sandboxes       2       1      1024   0.3 %                    3     3       5         2        1
code       12 KiB     0 B    64 MiB   0.0 %               12 KiB     2       3         1        1        2  64.0 MiB

machine code: 3 pieces (1 idle), 5.2 KiB; 40 hits, 3 misses, 0 evictions; 12.3 ms to make

signal        file    helpers  slots   memory  share  worst
bass          a.rhai        2    300  3.9 KiB  1.2 %  40 µs
a longer one  a.rhai        2    300  3.9 KiB                parked

at frame 64  warning: helper memory is 75 % full; start with a larger --helper-memory
leak: blocks of helper memory grow by 1.0 with every save, over 40 saves (confidence 99.00 %), and nothing that plays explains it; the engine has made a mistake: keep the log (--log) and report it; a restart frees the memory
";

#[test]
fn figures_are_tables_for_people() {
    let stats = figures();
    assert_eq!(text(&stats, None), TABLES);
    // What is not known leaves no hole.
    let bare = Stats {
        audio: AudioStats::default(),
        device: None,
        process: Process::default(),
        signals: vec![],
        health: HealthStats::default(),
        ..stats
    };
    let wanted = "\
1:02:03  5000000 frames at 48000 Hz, 120 bpm, beat 208.3, 7 saves taken, 1 refused
health: ok, 0 helpers, 0 strays
audio thread: 0 heap calls, 0 lost events

memory ";
    let text = text(&bare, None);
    assert!(text.starts_with(wanted) && text.ends_with(" ms to make\n"), "{text}");
}

#[test]
fn watched_figures_have_claims_and_releases_per_second() {
    let (before, mut now) = (figures(), figures());
    let pool = now.pools.get_mut(&Reserve::Helpers).unwrap();
    (pool.claims, pool.releases) = (pool.claims + 10, pool.releases + 3);
    let text = text(&now, Some((&before, 2.0)));
    let rows = text.lines().filter(|line| line.starts_with("memory") || line.starts_with("helpers"));
    let wanted = [
        "memory       used  fading  capacity    full           high water  keys  claims  releases  claims/s  releases/s  refused  free in   longest",
        "helpers     6 MiB     0 B     8 MiB  75.0 %  warning       6 MiB    45     100        48       5.0         1.5        1        2     2 MiB",
    ];
    assert_eq!(rows.collect::<Vec<_>>(), wanted);
}

#[test]
fn figures_are_read_as_they_were_written() {
    let stats = figures();
    let line = serde_json::to_string(&stats).unwrap();
    assert_eq!(serde_json::from_str::<Stats>(&line).unwrap(), stats);
    let value: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(value["stats"], 1);
    assert_eq!(value["health"]["crossings"][0]["subject"], serde_json::json!({"pressure": "helpers"}));
}

/// The paths of all that is no object and no array; pools by `NAME`.
fn paths(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) if at != "health.crossings[].subject" => {
            for (key, value) in fields {
                let key = if at == "pools" { "NAME" } else { key };
                paths(value, &if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") }, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| paths(item, &format!("{at}[]"), found)),
        _ => _ = found.insert(at.to_owned()),
    }
}

/// The fields that README promises, and those that may be left out.
fn promised() -> (BTreeSet<String>, BTreeSet<String>) {
    let readme = include_str!("../../README.md");
    let section = readme.split("\n## ").find(|section| section.starts_with("What an engine says of itself")).unwrap();
    let (mut all, mut optional) = (BTreeSet::new(), BTreeSet::new());
    for row in section.lines().filter_map(|line| line.strip_prefix("| `")) {
        let fields = row.split(" | ").next().unwrap();
        for field in fields.split(", ") {
            let name = field.trim_matches(['`', '?']).to_owned();
            if field.ends_with('?') {
                optional.insert(name.clone());
            }
            all.insert(name);
        }
    }
    (all, optional)
}

#[test]
fn the_fields_are_those_that_readme_lists() {
    let (all, optional) = promised();
    let runtime = Runtime::new();
    let scripts = Scripts::new(&[SINE, ("tone.rhai", &tone(1000))]);
    // With a level that is reached at once.
    let mut playing = runtime.play(&scripts, &["--max-signals", "2"]);
    let answer = until("the shares", || {
        let answer = read(&runtime.done(&["stats", "--json"]));
        let signals = answer["stats"]["signals"].as_array().unwrap();
        signals.iter().all(|signal| signal["share"].is_number()).then_some(answer)
    });
    assert_eq!(answer["ok"], true);
    assert!(answer["text"].as_str().unwrap().contains("\nsandboxes"));
    let mut found = BTreeSet::new();
    paths(&answer["stats"], "", &mut found);
    // Nothing leaks here.
    paths(&serde_json::to_value(figures().health.leaks).unwrap(), "health.leaks", &mut found);
    assert_eq!(found, all, "with meters, a device's clock and a heap that counts nothing is left out");
    let stats: Stats = serde_json::from_value(answer["stats"].clone()).unwrap();
    assert_eq!((stats.reloads.taken, stats.health.imbalance, stats.audio.heap_calls), (1, 0, 0));
    assert_eq!(stats.health.level, Level::Critical);
    assert_eq!(stats.signals.iter().map(|signal| &*signal.name).collect::<Vec<_>>(), ["sine", "tone"]);
    assert!(stats.process.threads.unwrap() >= 3 && stats.process.heap_blocks.unwrap() > 100);
    assert!(stats.frames > 0 && stats.device.unwrap().frames > 0);

    // What is left out when it is not known is what the table marks.
    let bare = Stats {
        audio: AudioStats::default(),
        device: None,
        process: Process::default(),
        signals: figures().signals.into_iter().map(|signal| SignalStats { cost: None, ..signal }).collect(),
        pools: BTreeMap::from([(Reserve::Helpers, PoolStats::default())]),
        health: HealthStats {
            crossings: stats
                .health
                .crossings
                .iter()
                .cloned()
                .map(|mut crossed| {
                    crossed.crossing.help.clear();
                    crossed
                })
                .collect(),
            ..stats.health
        },
        ..stats
    };
    let mut least = BTreeSet::new();
    paths(&serde_json::to_value(bare).unwrap(), "", &mut least);
    assert_eq!(&all - &least, optional);
    assert!(playing.terminate().success());
}

#[test]
fn a_level_is_told_once_by_a_running_engine() {
    let runtime = Runtime::new();
    let scripts = Scripts::new(&[SINE]);
    let mut playing = runtime.play(&scripts, &["--max-signals", "4"]);
    let three = "register(\"a\", 0.1); register(\"b\", 0.1);";
    scripts.overwrite("more.rhai", three);
    on_air(&mut playing);
    scripts.overwrite("more.rhai", &three.replace("0.1", "0.2"));
    on_air(&mut playing);
    scripts.overwrite("more.rhai", "unregister(\"a\"); unregister(\"b\");");
    playing.wait_for("ok: the room for signals is down to 25 %");
    assert!(playing.terminate().success());
    let told = playing.said().into_iter().filter(|line| line.contains("the room for signals")).collect::<Vec<_>>();
    let full = "warning: the room for signals is 75 % full: 3 of 4 sandboxes in use; start with a larger --max-signals";
    assert_eq!(told, [full, "ok: the room for signals is down to 25 %"]);
}

#[test]
fn a_replay_tells_the_levels_that_its_edits_cross() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("set.log");
    let lines = [
        r#"{"aither":1,"rate":48000,"channels":1}"#,
        r#"{"frame":0,"file":"a.rhai","text":"register(\"a\", 0.1);"}"#,
        r#"{"frame":64,"file":"b.rhai","text":"register(\"b\", 0.1);"}"#,
        r#"{"frame":128,"file":"b.rhai","text":"register(\"b\", 0.2);"}"#,
        r#"{"frame":192,"end":true}"#,
    ];
    std::fs::write(&log, lines.join("\n")).unwrap();
    let mut replay = crate::live::aither(&["replay", "--report", "json", "--max-signals", "2", "-o", "set.wav"]);
    let output = replay.arg(&log).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let crossings = |line: &str| read(&format!("{line}\n"))["memory"]["crossings"].as_array().unwrap().clone();
    let told = text(&output.stdout).lines().map(crossings).collect::<Vec<_>>();
    assert_eq!(told.iter().map(Vec::len).collect::<Vec<_>>(), [0, 1, 0]);
    let crossing = &told[1][0];
    assert_eq!((&crossing["from"], &crossing["to"]), (&"ok".into(), &"critical".into()));
    let line =
        "critical: the room for signals is 100 % full: 2 of 2 sandboxes in use; start with a larger --max-signals";
    assert_eq!(text(&output.stderr).lines().filter(|said| *said == line).count(), 1, "{}", text(&output.stderr));
}

#[test]
fn an_engine_is_watched_until_it_ends() {
    let runtime = Runtime::new();
    let scripts = Scripts::new(&[SINE]);
    let mut playing = runtime.play(&scripts, &[]);
    let watch = |words: &[&str]| {
        let words = [&["stats", "--watch", "--interval", "0.1"], words].concat();
        runtime.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut watching = watch(&[]);
    let mut machine = watch(&["--json"]);
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut objects = BufReader::new(machine.stdout.take().unwrap()).lines().map(Result::unwrap);
    // The second look has something to compare with.
    let first = lines.find(|line| line.starts_with("memory")).unwrap();
    let second = lines.find(|line| line.starts_with("memory")).unwrap();
    assert!(!first.contains("claims/s") && second.contains("claims/s"), "{first}\n{second}");
    let frames = |line: String| read(&(line + "\n"))["stats"]["frames"].as_u64().unwrap();
    let (one, other) = (frames(objects.next().unwrap()), frames(objects.nth(3).unwrap()));
    assert!(one < other, "{one} {other}");
    // Who stops reading stops the watch.
    let mut left = watch(&[]);
    drop(left.stdout.take());
    assert!(left.wait().unwrap().success());

    runtime.done(&["quit"]);
    playing.wait_for("bye");
    let last = lines.by_ref().last().unwrap();
    assert_eq!(last, "the engine `aither` has ended");
    assert!(watching.wait().unwrap().success());
    assert!(objects.all(|line| line.starts_with('{')), "nothing but JSON on standard output");
    let mut said = String::new();
    machine.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(machine.wait().unwrap().success() && said.contains("the engine `aither` has ended"), "{said}");
    assert!(runtime.refused(&["stats", "--watch"]).contains("no engine named `aither` runs"));
}

#[test]
fn a_watch_is_asked_for_in_the_right_words() {
    let runtime = Runtime::new();
    for words in [
        &["stats", "--interval", "1"][..],
        &["stats", "--watch", "--interval", "0"],
        &["stats", "all"],
        &["list", "--watch"],
    ] {
        let status = runtime.command(words).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(2), "{words:?}");
    }
}
