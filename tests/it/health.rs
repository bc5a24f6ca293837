//! Levels of memory: when each is reached and left, how it is told, and how it is set. Who counts is tested elsewhere.

use std::collections::BTreeMap;

use aither::memory::health::{Bounds, Figures, Fill, Health, Level, Levels, Reserve, Subject, Thresholds};

fn full(reserve: Reserve, used: u64) -> Figures {
    let fill = Fill { used, capacity: 1000, ..Fill::default() };
    Figures { reserves: BTreeMap::from([(reserve, fill)]), ..Figures::default() }
}

/// The levels that a row of figures leads to, each as it is told; nothing where nothing is told.
fn told(figures: impl IntoIterator<Item = Figures>) -> Vec<Vec<String>> {
    let mut health = Health::new(Thresholds::default());
    figures
        .into_iter()
        .map(|figures| health.judge(&figures).iter().map(|crossing| crossing.to_string()).collect())
        .collect()
}

fn levels(figures: impl IntoIterator<Item = Figures>) -> Vec<Option<Level>> {
    let mut health = Health::new(Thresholds::default());
    let mut level = |figures: Figures| {
        let crossings = health.judge(&figures);
        assert!(crossings.len() < 2, "{crossings:?}");
        crossings.first().map(|crossing| crossing.to)
    };
    figures.into_iter().map(&mut level).collect()
}

#[test]
fn each_level_of_pressure_is_told_once_on_the_way_up_and_once_on_the_way_down() {
    use Level::*;
    let up = [0, 699, 700, 849, 850, 949, 950, 1000].map(|used| full(Reserve::Helpers, used));
    let up_levels = [None, None, Some(Warning), None, Some(Economise), None, Some(Critical), None];
    assert_eq!(levels(up.clone()), up_levels);
    let down = [903, 902, 808, 807, 665, 664, 0].map(|used| full(Reserve::Helpers, used));
    let down_levels = [None, Some(Economise), None, Some(Warning), None, Some(Ok), None];
    assert_eq!(levels(up.into_iter().chain(down)), [&up_levels[..], &down_levels].concat());
    assert_eq!(levels([full(Reserve::Fades, 1000)]), [Some(Critical)], "the highest of several is told alone");
}

#[test]
fn a_value_that_wavers_around_a_level_is_told_once() {
    let wavering = (0..100).map(|n| full(Reserve::Code, if n % 2 == 0 { 700 } else { 690 }));
    assert_eq!(levels(wavering).into_iter().flatten().count(), 1);
    let swinging = (0..100).map(|n| full(Reserve::Code, if n % 2 == 0 { 700 } else { 600 }));
    assert_eq!(levels(swinging).into_iter().flatten().count(), 100, "this one leaves it each time");
}

#[test]
fn one_stray_block_is_a_warning_and_ten_are_critical() {
    let strays = |imbalance| Figures { imbalance, ..Figures::default() };
    let lines = told([0, 1, 2, 9, 10, 11, 9, 0].map(strays));
    let help = "the engine has made a mistake: keep the log (--log) and report it; memory is freed by a restart";
    let wanted = [
        vec![],
        vec![format!("warning: 1 block is claimed that no signal holds; {help}")],
        vec![],
        vec![],
        vec![format!("critical: 10 blocks are claimed that no signal holds; {help}")],
        vec![],
        vec!["warning: 9 blocks are claimed that no signal holds".to_owned()],
        vec!["ok: 0 blocks are claimed that no signal holds".to_owned()],
    ];
    assert_eq!(lines, wanted);
}

#[test]
fn a_line_says_what_is_full_and_what_would_help() {
    let fill = Fill { used: 700, fading: 160, spare: 0, capacity: 1000 };
    let reserves = |reserve| BTreeMap::from([(reserve, fill)]);
    let parked = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    let helpers = Figures { reserves: reserves(Reserve::Helpers), parked, keys: 10_000, ..Figures::default() };
    let parked = vec!["pad".to_owned()];
    let sandboxes = Figures { reserves: reserves(Reserve::Sandboxes), parked, ..Figures::default() };
    let none = |reserve| vec![Figures { reserves: reserves(reserve), ..Figures::default() }];
    assert_eq!(
        told([helpers]),
        [[
            "economise: helper memory is 86 % full: 700 of 1000 slots in use, 160 still fading out; unregister what is \
             parked (`a`, `b`, `c` and others) or start with a larger --helper-memory",
            "warning: 10000 helpers hold memory; unregister what is parked (`a`, `b`, `c` and others) or look for a loop \
             that makes them; --key-levels moves this level"
        ]]
    );
    assert_eq!(
        told([sandboxes, full(Reserve::Sandboxes, 100)]),
        [
            ["economise: the room for signals is 86 % full: 700 of 1000 sandboxes in use, 160 still fading out; \
                 unregister what is parked (`pad`) or start with a larger --max-signals"],
            ["ok: the room for signals is down to 10 %"]
        ]
    );
    for (reserve, words) in [
        (
            Reserve::Programs,
            "program memory is 86 % full: 700 of 1000 bytes in use, 160 still fading out; start with a larger --program-memory",
        ),
        (
            Reserve::Code,
            "code memory is 86 % full: 700 of 1000 bytes in use, 160 still fading out; start with a larger --code-memory",
        ),
        (
            Reserve::Fades,
            "fade memory is 86 % full: 700 of 1000 slots in use, 160 still fading out; start with a larger --fade-memory",
        ),
        (
            Reserve::Undo,
            "undo memory is 86 % full: 700 of 1000 slots in use, 160 still fading out; start with a larger --undo-memory",
        ),
    ] {
        assert_eq!(told(none(reserve)), [[format!("economise: {words}")]]);
    }
}

#[test]
fn what_gives_way_by_itself_and_a_reserve_of_nothing_are_no_pressure() {
    let pressure = |used, fading, spare, capacity| Fill { used, fading, spare, capacity }.pressure();
    assert_eq!(pressure(1000, 0, 900, 1000), 0.1);
    assert_eq!(pressure(500, 250, 0, 1000), 0.75);
    assert_eq!(pressure(0, 0, 0, 0), 0.0);
    assert_eq!(levels([full(Reserve::Undo, 0)]), [None]);
}

#[test]
fn levels_are_read_as_they_are_printed_and_must_rise() {
    assert_eq!(Levels::default().to_string(), "70,85,95");
    assert_eq!("70,85,95".parse(), Ok(Levels::default()));
    assert_eq!("1, 2.5, 100".parse::<Levels>().unwrap().to_string(), "1,2.5,100");
    for wrong in ["", "70", "70,85", "70,85,95,99", "85,70,95", "0,1,2", "70,85,101", "a,b,c", "NaN,1,2", "70,85,inf"] {
        let why = wrong.parse::<Levels>().unwrap_err();
        assert_eq!(why, format!("`{wrong}` is not three percentages that rise, like 70,85,95"));
    }
    assert_eq!("1, 10".parse(), Ok(Bounds { warning: 1, critical: 10 }));
    assert_eq!(Thresholds::default().keys.to_string(), "10000,50000");
    for wrong in ["", "1", "0,1", "10,1", "1,2,3", "-1,2", "1.5,2"] {
        let why = wrong.parse::<Bounds>().unwrap_err();
        assert_eq!(why, format!("`{wrong}` is not two counts from 1 on that rise, like 10,100"));
    }
}

#[test]
fn the_worst_of_all_is_known_and_each_by_itself() {
    let mut health = Health::new(Thresholds { imbalance: Bounds { warning: 2, critical: 3 }, ..Thresholds::default() });
    assert_eq!(health.worst(), Level::Ok);
    health.judge(&Figures { imbalance: 1, ..full(Reserve::Code, 900) });
    assert_eq!(health.level(Subject::Pressure(Reserve::Code)), Level::Economise);
    assert_eq!((health.level(Subject::Imbalance), health.worst()), (Level::Ok, Level::Economise));
    health.judge(&Figures { imbalance: 3, ..full(Reserve::Code, 900) });
    assert_eq!((health.level(Subject::Imbalance), health.worst()), (Level::Critical, Level::Critical));
}
