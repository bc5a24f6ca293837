//! Fixed capacity: every memory may be as small as nothing, says what is missing, and a save that it refuses disturbs nothing.

use std::process::Command;

use aither::compile::BackEnd;
use aither::diagnostic::{Amount, Size};
use aither::heap;
use aither::ir::Way;
use aither::memory::health::Reserve;
use aither::session::performance::Performance;
use aither::session::{Settings, Trial};
use aither::watch::{Change, What};

use super::{Set, error, same, small};

const PLAYS: &str = "register(\"a\", osc(100).gain(0.3));";

/// What of each memory has an owner now.
#[derive(Debug, PartialEq)]
struct Owned {
    helpers: [u64; 5],
    sandboxes: [usize; 2],
    programs: [usize; 3],
    code: usize,
    fades: usize,
    undo: [u64; 3],
}

fn owned(set: &Set) -> Owned {
    let pool = set.performance.helper_pool().counters();
    let sandboxes = set.performance.sandboxes();
    let programs = set.performance.program_memory();
    let (free_programs, programs) = (programs.free().0, programs.counters());
    let undo = set.performance.snapshots().counters();
    Owned {
        helpers: [pool.used as u64, pool.quarantined as u64, pool.keys as u64, pool.claims, pool.releases],
        sandboxes: [sandboxes.used, sandboxes.quarantined],
        programs: [programs.used, programs.keys, free_programs],
        code: set.performance.compiler().statistics().memory.used,
        fades: set.performance.fades().used,
        undo: [undo.used as u64, undo.claims, undo.releases],
    }
}

/// A set of which one memory suffices for [`PLAYS`] refuses a save with this message, and neither its sound nor its books
/// know of it. Gives the refused set.
fn refuses(settings: &Settings, save: &str, message: &str) -> Set {
    let [mut spared, mut refused] = [(), ()].map(|()| {
        let mut set = Set::with(settings);
        let report = set.start(&[("a.rhai", PLAYS)]);
        assert!(report.ok(), "{}", report.json().join("\n"));
        set
    });
    same(&spared.play(640), &refused.play(640));
    let report = refused.save(&[("b.rhai", Some(save))]);
    assert_eq!(error(&report, "b.rhai"), format!("error: the signal `b` cannot play: {message}\n--> b.rhai:1:1"));
    let sound = refused.play(6400);
    assert!(sound[0].iter().any(|sample| sample.abs() > 0.2));
    same(&spared.play(6400), &sound);
    assert_eq!(owned(&spared), owned(&refused));
    refused
}

/// The same set with what the message asks for takes the save.
fn takes(settings: &Settings, save: &str) {
    let mut set = Set::with(settings);
    assert!(set.start(&[("a.rhai", PLAYS)]).ok());
    set.play(640);
    set.saves(&[("b.rhai", Some(save))]);
    assert!(set.play(640)[0].iter().any(|sample| *sample != 0.0));
}

#[test]
fn full_helper_memory_refuses_a_save_that_then_disturbs_nothing() {
    let settings = Settings { helper_memory: 80_000, ..small() };
    let save = "register(\"b\", osc(1).delay(1.0, 0.5).delay(1.0, 0.2));";
    let message = "helper memory is full: `b_delay_0` needs 512 KiB (65537 slots); 8 B of 78.1 KiB are in use; start with \
                   --helper-memory 2MiB";
    let set = refuses(&settings, save, &message.replace("; 8 B of", "; 16 B of"));
    assert_eq!(set.performance.helper_pool().counters().refusals, 1);
    // The second delay is thought of.
    takes(&Settings { helper_memory: 2 << 20, ..small() }, save);
}

#[test]
fn too_many_signals_refuse_a_save_that_then_disturbs_nothing() {
    let settings = Settings { max_signals: 1, ..small() };
    let message = "room for signals is full: `b` needs 1; 1 of 1 signals are in use; start with --max-signals 2";
    let set = refuses(&settings, "register(\"b\", osc(1));", message);
    assert_eq!(set.performance.sandboxes().refusals, 1);
    takes(&Settings { max_signals: 2, ..small() }, "register(\"b\", osc(1));");
}

#[test]
fn full_program_memory_refuses_a_save_that_then_disturbs_nothing() {
    let settings = Settings { program_memory: 2 << 10, ..small() };
    let save = "register(\"b\", [osc(1), osc(2), osc(3)]);";
    let (used, requested) = {
        let mut set = Set::of(&[("a.rhai", PLAYS)]);
        let used = set.performance.program_memory().counters().used;
        set.saves(&[("a.rhai", None), ("b.rhai", Some(save))]);
        let needed = set.performance.needs().program_memory.needed;
        (used as u64 * 8, needed)
    };
    let mut set = Set::with(&settings);
    assert!(set.start(&[("a.rhai", PLAYS)]).ok());
    let told = error(&set.save(&[("b.rhai", Some(save))]), "b.rhai");
    let slots: u64 = told.split_once('(').unwrap().1.split_once(" slots)").unwrap().0.parse().unwrap();
    assert_eq!(slots.next_multiple_of(8) * 8, requested);
    let message = format!(
        "program memory is full: `b` needs {} ({slots} slots); {} of 2 KiB are in use; start with --program-memory 8KiB",
        Amount(slots * 8),
        Amount(used)
    );
    let set = refuses(&settings, save, &message);
    let counters = set.performance.program_memory().counters();
    assert_eq!((counters.refusals, counters.high_water as u64), (1, used / 8));
    takes(&Settings { program_memory: 8 << 10, ..small() }, save);
}

#[test]
fn full_code_memory_refuses_a_save_that_then_disturbs_nothing() {
    let settings = Settings { code_memory: 1, ..small() };
    let page = Set::with(&settings).performance.compiler().statistics().memory.unit as u64;
    let message = format!(
        "code memory is full: it needs {page}; {page} of {page} are in use; start with --code-memory {}",
        Size::of(2 * page as usize),
        page = Amount(page),
    );
    let set = refuses(&settings, "register(\"b\", saw(1));", &message);
    assert!(set.performance.compiler().statistics().memory.refusals > 0);
    takes(&Settings { code_memory: 2 * page as usize, ..small() }, "register(\"b\", saw(1));");
}

#[test]
fn what_still_fades_out_and_free_pieces_that_are_too_short_are_named() {
    let settings = Settings { helper_memory: 3 * 1024 * 8, trial: Trial::Off, ..small() };
    let mut set = Set::with(&settings);
    let voice = |name: &str, slots: u32| format!("let m = memory({slots}); register(\"{name}\", |s| m[0] + 0.1);");
    set.start(&[("a.rhai", &voice("a", 1024)), ("b.rhai", &voice("b", 1024)), ("c.rhai", &voice("c", 900))]);
    set.play(640);
    set.saves(&[("b.rhai", Some("unregister(\"b\");"))]);
    let told = error(&set.save(&[("d.rhai", Some(&voice("d", 200)))]), "d.rhai");
    let wanted = "helper memory is full: `d_memory_0` needs 1.6 KiB (200 slots); 15 KiB of 24 KiB are in use, 8 KiB still \
                  fade out; start with --helper-memory 32KiB";
    assert!(told.contains(wanted), "{told}");
    set.play(6400);
    let told = error(&set.save(&[("d.rhai", Some(&voice("d", 1100)))]), "d.rhai");
    let wanted = "`d_memory_0` needs 8.6 KiB (1100 slots); 15 KiB of 24 KiB are in use, no free piece has more than 8 KiB; \
                  start with --helper-memory 64KiB";
    assert!(told.contains(wanted), "{told}");
}

/// A set without something refuses what needs it, says so, and plays silence.
fn nothing(settings: &Settings, message: &str) {
    let mut set = Set::with(settings);
    let report = set.start(&[("a.rhai", PLAYS)]);
    let told = error(&report, "a.rhai");
    assert_eq!(told, format!("error: the signal `a` cannot play: {message}\n--> a.rhai:1:1"));
    assert!(set.play(640).iter().flatten().all(|sample| *sample == 0.0));
    assert_eq!(owned(&set), owned(&Set::with(settings)));
}

#[test]
fn each_memory_may_be_nothing_and_what_needs_it_is_refused() {
    nothing(
        &Settings { max_signals: 0, ..small() },
        "room for signals is full: `a` needs 1; 0 of 0 signals are in use; start with --max-signals 1",
    );
    nothing(
        &Settings { helper_memory: 0, ..small() },
        "helper memory is full: `a_osc_0` needs 8 B (1 slot); 0 B of 0 B are in use; start with --helper-memory 1KiB",
    );
    let page = small_page();
    nothing(
        &Settings { code_memory: 0, ..small() },
        &format!(
            "code memory is full: it needs {}; 0 B of 0 B are in use; start with --code-memory {}",
            Amount(page as u64),
            Size::of(page)
        ),
    );
    let mut set = Set::with(&Settings { program_memory: 0, ..small() });
    let told = error(&set.start(&[("a.rhai", PLAYS)]), "a.rhai");
    assert!(told.contains("; 0 B of 0 B are in use; start with --program-memory 2KiB\n"), "{told}");
    assert!(set.play(640).iter().flatten().all(|sample| *sample == 0.0));
}

fn small_page() -> usize {
    Set::with(&Settings { code_memory: 1, ..small() }).performance.compiler().statistics().memory.unit
}

#[test]
fn nothing_at_all_starts_and_plays_silence() {
    let settings = Settings {
        max_signals: 0,
        helper_memory: 0,
        program_memory: 0,
        code_memory: 0,
        fade_memory: 0,
        undo_memory: 0,
        generations: 0,
        ..Settings::default()
    };
    let mut set = Set::with(&settings);
    assert_eq!(set.performance.compiler().statistics().memory.capacity, 0);
    assert!(!set.start(&[("a.rhai", PLAYS)]).ok());
    assert!(!set.save(&[("b.rhai", Some("register(\"b\", 0.1);"))]).ok());
    assert!(set.save(&[("b.rhai", Some("let nothing = 1;"))]).ok());
    assert!(set.play(6400).iter().flatten().all(|sample| *sample == 0.0));
}

#[test]
fn without_fades_undo_memory_or_generations_everything_else_goes_on() {
    let settings = Settings { fade_memory: 0, undo_memory: 0, generations: 0, ..small() };
    let mut set = Set::with(&settings);
    assert!(set.start(&[("a.rhai", PLAYS)]).ok());
    set.play(640);
    set.saves(&[("a.rhai", Some("register(\"a\", osc(100).gain(0.2));"))]);
    let loudest = set.play(6400)[0][3200..].iter().fold(0.0, |most: f64, sample| most.max(sample.abs()));
    assert!((loudest - 0.2).abs() < 1e-3, "{loudest}");
    assert!(set.tell("undo a.rhai").is_err());
    assert!(set.tell("undo a.rhai --state then").is_err());
    set.saves(&[("a.rhai", Some(PLAYS))]);
    let undo = set.performance.snapshots().counters();
    assert_eq!((undo.capacity, undo.used, undo.claims), (0, 0, 0));
}

/// What the budget leaves out of the heap: the Rhai engine with all its words, Cranelift's settings, names, lists.
const REST: usize = 1 << 20;
/// The same for each signal: the control thread's books of its sandboxes and places.
const BOOKS: usize = 64;

#[test]
fn the_budget_is_what_is_allocated_at_start() {
    const ALONE: &str = "AITHER_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        // Bytes are counted over all threads, so no other test may run beside this one.
        let this = std::env::current_exe().unwrap();
        let name = "session::budget::the_budget_is_what_is_allocated_at_start";
        let output = Command::new(this).args(["--exact", name]).env(ALONE, "1").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let large = Settings { max_signals: 20_000, channels: 64, fade_memory: 0, ..Settings::default() };
    for settings in [Settings::default(), small(), large] {
        let before = heap::live().unwrap().bytes;
        let (mut performance, player) = Performance::new(&settings, folder.path()).unwrap();
        // What the first evaluation makes is there before it is counted, and the thread that makes it is ready.
        let what = What::Text(String::new());
        assert!(performance.start(vec![Change { path: "a.rhai".to_owned(), what }]).ok());
        let allocated = heap::live().unwrap().bytes - before;
        let budget = performance.budget();
        // Machine code and tables of vectors are no part of the heap.
        let row = |what: &str| budget.rows.iter().find(|row| row.what == what).unwrap().bytes;
        let (code, vectors) = (row("code memory"), row("vector memory"));
        assert_eq!((code, vectors), (settings.code_memory, settings.vector_memory));
        let wanted = budget.bytes - code - vectors;
        let rest = REST + BOOKS * settings.max_signals;
        assert!(wanted <= allocated && allocated - wanted < rest, "{allocated} allocated, of {wanted}\n{budget}");
        drop(player);
    }
}

#[test]
fn the_budget_is_a_table_whose_rows_add_up_and_name_their_options() {
    let budget = Set::with(&Settings { channels: 2, ..Settings::default() }).performance.budget();
    assert_eq!(budget.rows.iter().map(|row| row.bytes).sum::<usize>(), budget.bytes);
    assert!(budget.rows.iter().all(|row| row.bytes == row.count * row.each));
    let text = budget.to_string();
    for line in [
        "memory, reserved               count       each      total",
        "sandboxes                       2048      1 KiB      2 MiB  --max-signals",
        "helper memory                8388608        8 B     64 MiB  --helper-memory",
        "program memory               2097152        8 B     16 MiB  --program-memory",
        "fade memory                   524288        8 B      4 MiB  --fade-memory",
        "undo memory                  2097152        8 B     16 MiB  --undo-memory",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(text.lines().last().unwrap().starts_with("sum  "), "{text}");
    let options = <aither::session::options::EngineArgs as clap::Args>::augment_args(clap::Command::new("options"));
    let flags = budget.rows.iter().filter_map(|row| row.flag).filter(|flag| *flag != "--channels");
    for flag in flags {
        assert!(options.get_arguments().any(|option| flag.strip_prefix("--") == option.get_long()), "{flag}");
    }
    let json = serde_json::to_value(&budget).unwrap();
    assert_eq!(json["bytes"], budget.bytes);
    assert_eq!(json["rows"][1]["what"], "helper memory");
    assert_eq!(json["rows"][1]["bytes"], 64 << 20);
}

#[test]
fn program_memory_comes_back_with_the_machines_and_remembers_the_most() {
    let mut set = Set::with(&Settings { program_memory: 1 << 20, ..small() });
    for turn in 0..40 {
        set.saves(&[("a.rhai", Some(&format!("register(\"a\", osc({turn}).gain(0.1), #{{fade: 0.001}});")))]);
        set.play(640);
    }
    let playing = set.performance.program_memory().counters();
    assert_eq!(playing.keys, 1, "{playing:?}");
    assert!(playing.high_water >= 2 * playing.used, "old and new, for the time of a fade: {playing:?}");
    set.saves(&[("a.rhai", Some("unregister(\"a\");"))]);
    set.play(3200);
    let gone = set.performance.program_memory().counters();
    assert_eq!((gone.used, gone.keys), (0, 0));
    assert_eq!(set.performance.program_memory().free(), (1, gone.capacity));
    assert_eq!((gone.claims, gone.releases, gone.refusals), (40, 40, 0));
}

#[test]
fn memory_that_the_system_does_not_have_is_refused_at_start_with_the_option_that_asks_for_it() {
    const MUCH: usize = 1 << 60;
    let told = |settings: &Settings| match Performance::new(settings, std::path::Path::new(".")) {
        Ok(_) => panic!("there is no such memory"),
        Err(error) => error.to_string(),
    };
    for (settings, what, flag) in [
        (Settings { helper_memory: MUCH, ..small() }, "helper memory", "--helper-memory"),
        (Settings { program_memory: MUCH, ..small() }, "program memory", "--program-memory"),
        (Settings { fade_memory: MUCH, ..small() }, "fade memory", "--fade-memory"),
        (Settings { undo_memory: MUCH, ..small() }, "undo memory", "--undo-memory"),
    ] {
        let wanted = format!(
            "cannot reserve 1073741824 GiB of {what}: the system does not have that much; start with a smaller {flag}"
        );
        assert_eq!(told(&settings), wanted);
    }
    let signals = Settings { max_signals: MUCH, ..small() };
    assert!(told(&signals).ends_with("start with a smaller --max-signals"), "{}", told(&signals));
}

#[test]
fn amounts_are_in_the_largest_unit_of_which_there_is_one() {
    let amounts = [0, 8, 1023, 1024, 1536, 80_000, 1_048_575, 1 << 20, 64 << 20, (64 << 20) + 1, 1 << 40];
    let texts = amounts.map(|bytes| Amount(bytes).to_string());
    let wanted =
        ["0 B", "8 B", "1 KiB", "1 KiB", "1.5 KiB", "78.1 KiB", "1 MiB", "1 MiB", "64 MiB", "64 MiB", "1024 GiB"];
    assert_eq!(texts, wanted);
}

#[test]
fn vector_memory_comes_back_and_without_it_signals_are_rendered_one_by_one_to_the_same_bits() {
    let alike = (0..5).map(|k| format!("register(\"v{k}\", saw({}).lpf(900, 0.5) * 0.1);", 50 + k));
    let voices = "let all = 0.0; for k in 0..6 { all += saw(70 + k).lpf(800, 0.2); } register(\"voices\", all * 0.1);";
    let text = alike.chain([voices.to_owned()]).collect::<String>();
    let vectors = Settings { back_end: BackEnd::Simd128, ..small() };
    let [mut roomy, mut without] = [vectors.vector_memory, 0].map(|vector_memory| {
        let mut set = Set::with(&Settings { vector_memory, ..vectors.clone() });
        assert!(set.start(&[("a.rhai", &text)]).ok(), "nobody is refused");
        set
    });
    same(&roomy.play(6400), &without.play(6400));
    let pool = |set: &Set| set.performance.stats().pools[&Reserve::Vectors].clone();
    let (some, none) = (pool(&roomy), pool(&without));
    assert!(some.used > 0 && some.refusals == 0 && some.keys == some.claims - some.releases, "{some:?}");
    assert!(none.capacity == 0 && none.used == 0 && none.refusals > 0, "{none:?}");
    assert_eq!(roomy.performance.ways()["v0"], Way::Instances { lanes: 2, count: 5 });
    assert!(matches!(roomy.performance.ways()["voices"], Way::Pieces { .. }));
    assert!(without.performance.ways().values().all(|way| *way == Way::Scalar));
    // A save holds old and new tables, until the old ones are home.
    roomy.saves(&[("a.rhai", Some(&text.replace("0.5", "0.4")))]);
    assert!(pool(&roomy).used > some.used);
    roomy.play(6400);
    assert_eq!(pool(&roomy).used, some.used);
    roomy.saves(&[("a.rhai", Some(""))]);
    roomy.play(6400);
    let gone = pool(&roomy);
    assert!(
        gone.used == 0 && gone.keys == 0 && gone.claims == gone.releases && gone.high_water > some.used,
        "{gone:?}"
    );
}
