//! Signals of one shape that nothing happens to are added up where they are rendered: that makes no difference to what is heard.

use aither::compile::BackEnd;
use aither::engine::{SlotId, Tap};
use aither::ir::call::QUANTUM;
use aither::session::{Settings, Trial};

use super::{Set, bits, small};

/// Somebody who listens to single signals, so that each is added up by itself.
struct Listener;

impl Tap for Listener {
    fn hear(&mut self, _: SlotId, _: &[f64], _: &[f64; QUANTUM]) {}
}

/// What is done to a set.
enum Deed {
    Save(String),
    Tell(&'static str),
    Play(usize),
}

use Deed::{Play, Save, Tell};

/// The quanta of a log.
fn heard(settings: &Settings, listens: impl Fn(usize) -> bool, log: &[Deed]) -> Vec<Vec<u64>> {
    let mut set = Set::with(settings);
    let mut quanta = Vec::new();
    for deed in log {
        match deed {
            Save(text) => _ = set.saves(&[("a.rhai", Some(text))]),
            Tell(words) => _ = set.tell(words).unwrap(),
            Play(count) => {
                for _ in 0..*count {
                    set.performance.tick_quietly();
                    let master = match listens(quanta.len()) {
                        true => set.player.quantum_tapped(&mut Listener),
                        false => set.player.quantum(),
                    };
                    quanta.push(bits(master));
                }
            }
        }
    }
    quanta
}

fn roomy() -> Settings {
    Settings { max_signals: 128, trial: Trial::Off, ..small() }
}

/// The same whoever listens, with every back end.
fn alike(log: &[Deed]) {
    alike_in(&roomy(), log);
}

fn alike_in(settings: &Settings, log: &[Deed]) {
    let heard =
        |back_end: BackEnd, listens: fn(usize) -> bool| heard(&Settings { back_end, ..settings.clone() }, listens, log);
    let alone = heard(BackEnd::Oracle, |_| true);
    let loud = alone.iter().flatten().filter(|bits| f64::from_bits(**bits).abs() > 0.01).count();
    assert!(loud > alone.len(), "something is heard");
    for back_end in BackEnd::here() {
        let nobody: fn(usize) -> bool = |_| false;
        let who = [("nobody", nobody), ("somebody", |_| true), ("somebody now and then", |quantum| quantum % 7 == 0)];
        for (who, listens) in who {
            let now = heard(back_end, listens);
            let differs = now.iter().zip(&alone).position(|(now, alone)| now != alone);
            assert_eq!(differs, None, "{back_end}, {who} listens; the first quantum that differs");
        }
    }
}

/// Single channels between two others of other shapes, and pairs behind them.
fn choir(tune: f64, without: usize, levels: &str, more: &str) -> String {
    format!(
        "register(\"first\", saw(50).hpf(300, 0.5) * 0.1);
         for k in 0..21 {{ if k != {without} {{ register(`v${{k}}`, saw({tune} + 7 * k).lpf(400 + 30 * k, 0.4) * {levels}); }} }}
         register(\"last\", saw(70).bpf(300, 0.5) * 0.1);
         for k in 0..11 {{ register(`w${{k}}`, [saw({tune} + 3 * k).lpf(500, 0.5), noise().lpf(600 + k, 0.6)] * 0.02); }}
         {more}"
    )
}

const SAME: &str = "0.02";

#[test]
fn what_is_done_to_one_of_a_choir_is_heard_as_if_each_were_added_up_by_itself() {
    alike(&[
        Save(choir(60.0, 99, SAME, "")),
        Play(40),
        Tell("gain v3 0.5 0.05"),
        Play(60),
        Tell("gain v3 1 0.01"),
        Play(20),
        Tell("mute w4 0.02"),
        Play(30),
        Tell("unmute w4 0.02"),
        Play(30),
        Save(choir(61.5, 99, SAME, "")),
        Play(60),
        // Who leaves stands between the others until the next save.
        Save(choir(61.5, 10, SAME, "")),
        Play(60),
        Save(choir(61.5, 99, SAME, "register(\"ear\", signal(\"v5\").hpf(2000, 0.2) * 0.5);")),
        Play(60),
        Save(choir(61.5, 99, SAME, "")),
        Play(60),
    ]);
}

#[test]
fn who_falls_silent_or_is_too_loud_is_added_up_by_himself_and_the_others_with_him() {
    alike(&[
        Save(choir(60.0, 99, SAME, "")),
        Play(40),
        Save(choir(60.0, 99, "(if k == 12 { 0.0 } else { 0.02 })", "")),
        Play(60),
        Save(choir(60.0, 99, "(if k == 17 { 30000.0 } else { 0.02 })", "")),
        Play(60),
        Save(choir(60.0, 99, "(if k == 0 { 4000000.0 } else { 0.02 })", "")),
        Play(60),
        Save(choir(60.0, 99, SAME, "")),
        Play(60),
    ]);
}

#[test]
fn whoever_is_heard_is_heard_as_he_fades_and_as_he_goes_on() {
    let set = |tune: f64, ear: &str| {
        format!(
            "register(\"one\", osc({tune}) * 0.2, #{{fade: 0.05}});
             register(\"ear\", signal(\"one\").hpf(900, 0.2) {ear});
             register(\"pair\", [saw(50), saw({tune})].lpf(700, 0.2) * 0.1);
             for k in 0..12 {{ register(`v${{k}}`, saw({tune} + 7 * k).lpf(400 + 30 * k, 0.4) * 0.02); }}
             register(\"late\", signal(\"late\") * 0.5 + signal(\"v4\") + signal(\"pair\"));"
        )
    };
    alike(&[
        Save(set(110.0, "* 0.5")),
        Play(30),
        Save(set(111.0, "* 0.5")),
        Play(60),
        Save(set(111.0, "+ signal(\"pair\") * 0.25")),
        Tell("gain one 0.5 0.03"),
        Play(60),
        Tell("unregister one"),
        Play(60),
    ]);
}

#[test]
fn who_gives_no_number_fades_out_and_the_others_are_heard() {
    // Some of them in the first frame of a quantum, where the last sample of the one before stands in.
    let pole = "s.state[0] += 1.0; 2.0 / (s.state[0] - 3009.0 - 320.0 * k)";
    let poles = format!(
        "for k in 0..19 {{ register(`x${{k}}`, |s| {{ {pole} }}); }}
         for k in [2, 4.7] {{ register(`y${{k}}`, |s| {{ let x = {{ {pole} }}; [x, x * k] }}); }}"
    );
    alike(&[Save(poles), Play(150), Tell("gain x2 0.5 0.01"), Play(60)]);
}

#[test]
fn who_is_cut_short_glides_from_where_he_was() {
    let cut = Settings { fade_memory: 0, ..roomy() };
    let log = [Save(choir(60.0, 99, SAME, "")), Play(40), Save(choir(63.0, 99, SAME, "")), Play(60)];
    alike_in(&cut, &log);
}
