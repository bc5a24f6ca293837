//! The committed reference is what the declarations, programs and renders say. It judges no wording.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use aither::helpers::{Claim, Family, HELPERS, Helper, Kind};
use aither::reference::editors;
use aither::reference::facts::facts;
use aither::reference::page::{self, Page};
use aither::reference::picture::Easel;
use aither::reference::shown::calls;
use aither::reference::spectrum::{decibels, factor, magnitudes};

use crate::stand::{Dice, Fed, padded, render, takes_sound};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The page, made once.
fn made() -> &'static Page {
    static PAGE: OnceLock<Page> = OnceLock::new();
    PAGE.get_or_init(page::page)
}

fn update() -> bool {
    std::env::var_os("UPDATE").is_some()
}

#[test]
fn the_page_of_helpers_is_what_the_declarations_say() {
    let (path, page) = (root().join("HELPERS.md"), &made().text);
    if update() {
        fs::write(&path, page).expect("the page can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let mut lines = kept.lines().zip(page.lines()).enumerate();
    let first = lines.find(|(_, (kept, wanted))| kept != wanted);
    assert_eq!(first, None, "HELPERS.md: line (from 0), found, expected; UPDATE=1 cargo test writes it");
    assert_eq!(kept.len(), page.len(), "HELPERS.md has another length; UPDATE=1 cargo test writes it");
}

#[test]
fn what_editors_know_is_what_the_declarations_say() {
    for (path, content) in editors::files() {
        let file = root().join(path);
        if update() {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &content).unwrap();
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        let first = kept.lines().zip(content.lines()).position(|(kept, wanted)| kept != wanted);
        let found = (first, kept.len());
        assert_eq!(found, (None, content.len()), "{path}: line (from 0) and length; UPDATE=1 cargo test writes it");
    }
    let offers = editors::offers();
    for word in ["osc", "lpf", "register", "sin", "TAU", "s.t", "switch", "true"] {
        assert_eq!(offers.iter().filter(|offer| offer.word == word).count(), 1, "{word}");
    }
    let words = offers.iter().map(|offer| &offer.word).collect::<BTreeSet<_>>();
    assert_eq!(words.len(), offers.len(), "no word twice");
    let all = HELPERS.iter().flat_map(|helper| std::iter::once(&helper.name).chain(helper.aliases));
    assert!(all.into_iter().all(|name| words.contains(&(*name).to_owned())));
}

#[test]
fn the_pictures_are_what_the_helpers_sound_like() {
    let folder = root().join("pictures");
    let names =
        || fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.file_name().into_string().unwrap());
    let wanted = made().pictures.iter().map(|(path, _)| path.strip_prefix("pictures/").unwrap().to_owned());
    let wanted = wanted.collect::<BTreeSet<_>>();
    if update() {
        fs::create_dir_all(&folder).unwrap();
        names().filter(|name| !wanted.contains(name)).for_each(|name| fs::remove_file(folder.join(name)).unwrap());
        for (path, picture) in &made().pictures {
            fs::write(root().join(path), picture).unwrap();
        }
    }
    assert_eq!(names().collect::<BTreeSet<_>>(), wanted, "UPDATE=1 cargo test writes the pictures");
    for (path, picture) in &made().pictures {
        let kept = fs::read_to_string(root().join(path)).unwrap();
        let first = kept.lines().zip(picture.lines()).position(|(kept, wanted)| kept != wanted);
        assert_eq!(
            (first, kept.len()),
            (None, picture.len()),
            "{path}: line (from 0) and length; UPDATE=1 cargo test writes it"
        );
    }
}

#[test]
fn the_page_has_every_helper_every_argument_and_every_claim() {
    let page = &made().text;
    for helper in HELPERS {
        let heading = format!("\n### {}\n", helper.name);
        let section = page.split(&heading).nth(1).unwrap_or_else(|| panic!("{} has no section", helper.name));
        let section = section.split("\n### ").next().expect("a section");
        for claim in helper.claims {
            assert!(section.contains(&claim.to_string()), "{}: {claim}", helper.name);
        }
        for argument in helper.arguments {
            assert!(section.contains(argument.about), "{}: {}", helper.name, argument.name);
        }
        assert!(section.contains(helper.example), "{}: its example", helper.name);
        assert!(section.contains("\n* State: ") && section.contains("\n* Cost: "), "{}: its facts", helper.name);
    }
}

#[test]
fn what_has_a_pitch_has_a_picture_and_every_curve_is_drawn_from_left_to_right() {
    let mut easel = Easel::new();
    for helper in HELPERS {
        for panel in easel.panels(helper) {
            assert!(!panel.curves.is_empty() && panel.curves.len() <= 8, "{}: {}", helper.name, panel.title);
            for curve in &panel.curves {
                assert!(curve.points.len() > 1, "{}: {}", helper.name, panel.title);
                assert!(curve.points.iter().all(|(x, y)| x.is_finite() && y.is_finite()), "{}", helper.name);
                assert!(curve.points.is_sorted_by(|a, b| a.0 <= b.0), "{}: {}", helper.name, panel.title);
            }
        }
        let promised = helper.claims.iter().any(|claim| matches!(claim, Claim::Pitch { .. }));
        let drawn = made().pictures.iter().any(|(path, _)| path.contains(&format!("/{}.svg", helper.name)));
        assert!(drawn || !promised, "{} promises a pitch and has no picture", helper.name);
    }
}

#[test]
fn a_transform_of_ours_is_a_spectrum() {
    let tone = (0..1024).map(|at| (std::f64::consts::TAU * 100.0 * f64::from(at) / 1024.0).cos()).collect::<Vec<_>>();
    for (bin, strength) in magnitudes(&tone).into_iter().enumerate() {
        let wanted = if bin == 100 { 512.0 } else { 0.0 };
        assert!((strength - wanted).abs() < 1e-9, "bin {bin}: {strength}");
    }
    assert!((decibels(0.5) + 6.0206).abs() < 1e-4 && (factor(-6.0206) - 0.5).abs() < 1e-5);
}

/// What a helper says that it takes, measured.
#[test]
fn state_is_what_two_channels_claim_twice() {
    for helper in HELPERS.iter().filter(|helper| takes_sound(helper) && crate::stand::is_per_channel(helper)) {
        let state = facts(helper).state;
        let (_, fed) = calls(helper, &[0.0]).swap_remove(0);
        let fed = fed.iter().map(|fed| match fed {
            aither::reference::shown::Fed::Known(number) => Fed::Number(*number),
            aither::reference::shown::Fed::Row(row) => Fed::Numbers(row.clone()),
            _ => Fed::Channels(vec![vec![0.0], vec![0.0]]),
        });
        let argument = |(fed, argument): (Fed, &aither::helpers::Argument)| match argument.kind {
            Kind::Choice(_) | Kind::Numbers | Kind::Rows if !argument.words().is_empty() => Dice::new(1).word(argument),
            _ => fed,
        };
        let fed = fed.zip(helper.arguments).map(argument).collect::<Vec<_>>();
        let program = crate::stand::program(helper, 48_000.0, &fed);
        let cells = program.instances.first().map_or(0, |instance| instance.cells);
        assert_eq!(cells, 2 * state.cells, "{}", helper.name);
    }
}

#[test]
fn what_names_no_latency_answers_in_the_same_frame() {
    let at_once = |helper: &&&'static Helper| {
        let waits = helper.arguments.iter().any(|argument| argument.kind == Kind::Constant);
        let late = facts(helper).latency > 0;
        [Family::Filter, Family::Shape].contains(&helper.family) && takes_sound(helper) && !waits && !late
    };
    for helper in HELPERS.iter().filter(at_once) {
        let (_, fed) = calls(helper, &[0.0]).swap_remove(0);
        let fed = fed.iter().zip(helper.arguments).map(|(fed, argument)| match fed {
            aither::reference::shown::Fed::Known(number) => Fed::Number(*number),
            aither::reference::shown::Fed::Row(row) => Fed::Numbers(row.clone()),
            aither::reference::shown::Fed::First => Dice::new(1).word(argument),
            aither::reference::shown::Fed::Moving(_) => padded(vec![0.5, 0.0]),
        });
        let sound = render(helper, 48_000.0, &fed.collect::<Vec<_>>(), 64);
        let first = sound.iter().filter_map(|channel| channel.iter().position(|sample| *sample != 0.0)).min();
        assert!(matches!(first, None | Some(0)), "{}: the first answer is in frame {first:?}", helper.name);
    }
}
