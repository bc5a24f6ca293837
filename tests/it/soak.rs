//! Hours of sound with random edits, played by the program itself in a process of its own: nothing is kept, nothing goes wrong, and a seed sounds the same everywhere.

use std::process::Command;

use serde_json::Value;

/// What a soak came to.
fn soak(options: &str) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aither"));
    let output = command.arg("soak").args(options.split(' ')).arg("--json").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let outcome: Value = serde_json::from_str(&said).unwrap_or_else(|why| panic!("{why}: {said}"));
    let wrong = |at: &str| format!("{at}: {}", serde_json::to_string_pretty(&outcome).unwrap());
    assert_eq!(outcome["kept"], serde_json::json!([]), "{}", wrong("something was kept"));
    assert_eq!(outcome["wrong_samples"], 0, "{}", wrong("wrong samples"));
    assert!(outcome["ok"] == true && output.status.success(), "{}", wrong("not ok"));
    outcome
}

/// At the end of every stretch the same is held as after the warm-up, and of the pools nothing.
fn assert_steady(outcome: &Value) {
    let baseline = &outcome["baseline"];
    let stretches = outcome["stretches"].as_array().unwrap();
    assert_eq!(stretches.len(), 12);
    for stretch in stretches {
        assert_eq!(stretch["kept"], serde_json::json!([]), "after {} edits", stretch["edits"]);
        assert_eq!(stretch["heap_blocks"], baseline["heap_blocks"], "after {} edits", stretch["edits"]);
    }
    for (name, pool) in baseline["pools"].as_object().unwrap() {
        assert_eq!((&pool["used"], &pool["fading"]), (&0.into(), &0.into()), "{name}");
    }
    assert!(baseline["heap_blocks"].as_u64().unwrap() > 0 || cfg!(not(target_os = "linux")));
    // All kinds of turns were taken, and memory was needed.
    for count in ["taken", "refused", "obeyed", "silenced", "most_helper_slots", "most_code_bytes"] {
        assert!(outcome[count].as_u64().unwrap() > 0, "{count}");
    }
}

#[test]
fn ten_minutes_with_an_edit_each_second_keep_nothing() {
    let outcome = soak("--hours 0.16667 --seed 2");
    assert!(outcome["edits"].as_u64().unwrap() >= 600);
    assert_steady(&outcome);
}

#[test]
fn an_hour_of_edits_keeps_nothing() {
    let outcome = soak("--hours 1 --edits 3400 --seed 3");
    assert!(outcome["hours"].as_f64().unwrap() >= 1.0);
    assert_steady(&outcome);
}

#[test]
fn a_seed_is_the_same_sound_on_every_back_end_and_in_every_run() {
    let sound = |back_end: &str| {
        let outcome = soak(&format!("--hours 0.0003 --edits 60 --seed 4 --backend {back_end}"));
        assert_eq!(outcome["backend"], back_end);
        (outcome["sound"].clone(), outcome["taken"].clone(), outcome["refused"].clone())
    };
    let wanted = sound("cranelift");
    assert_eq!(sound("cranelift"), wanted);
    assert_eq!(sound("oracle"), wanted);
}
