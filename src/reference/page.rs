//! HELPERS.md, written from the declarations. It is committed, and a test holds it to what this makes.

use std::fmt::Write;

use super::facts::{CLASSES, facts};
use super::picture::{self, Easel};
use super::svg::svg;
use super::{kind, range};
use crate::dsp::math::{ACCURACY, Math};
use crate::helpers::language::{CONSTANTS, WORDS, WORLD};
use crate::helpers::{Argument, Claim, Family, HELPERS, Helper, Kind};

const HEAD: &str = "\
# Helpers

This page is made from the declarations in `src/helpers`; `UPDATE=1 cargo test` writes it anew.

Wherever a number is accepted, a signal or a closure `|s| ...` is accepted too, unless the table says *constant*.
An array makes channels, and a helper works on every channel with a state of its own.
`x.helper(a)` is the same as `helper(x, a)`.
Arguments are kept in their range; what is not finite counts as the default, or, where there is none, as the value nearest to 0.

State is memory of one channel in slots of 8 bytes.
Cost is the number of operations for a frame of one channel, counted in the program of the helper before it becomes machine code: with numbers for all arguments but what the helper works on, and with signals for all of them.
A division or a square root counts 5, a choice, a rounding, a minimum or a place that is computed 2, all else 1.
What that takes was measured once, on one core of a Xeon, for each helper alone with signals for all arguments (the best of 25 passes of 200 000 frames).
";

/// The page, and the pictures that it shows.
pub struct Page {
    /// The text of HELPERS.md.
    pub text: String,
    /// Paths beside it, and what is in the files.
    pub pictures: Vec<(String, String)>,
}

/// Writes the whole page.
pub fn page() -> Page {
    let mut text = String::from(HEAD);
    costs(&mut text);
    contents(&mut text);
    let mut easel = Easel::new();
    let mut pictures = Vec::new();
    for family in families() {
        write!(text, "\n## {}\n{}", family.title(), preface(family)).expect("a string takes all");
        for helper in of(family) {
            let panels = easel.panels(helper);
            if !panels.is_empty() {
                pictures.push((picture::path(helper), svg(helper.name, &panels)));
            }
            section(&mut text, helper, !panels.is_empty(), easel.alias(helper));
        }
    }
    language(&mut text);
    super::music::tables(&mut text);
    mathematics(&mut text);
    Page { text, pictures }
}

/// What is said once for a chapter.
fn preface(family: Family) -> &'static str {
    match family {
        // Computed from the formulas of oscillators.lib by the measure of `spectrum::folded`.
        Family::Source => {
            "\nWhat folds back is measured with a tone of 5003 Hz at 48 kHz: the strongest of what is no harmonic, below 18 kHz. \
             By the same measure the formulas of Faust's library give 22 dB for its `sawtooth`, 29 dB for its `square` and its `polyblep_saw`, \
             and 36 dB for its `triangle`; a naive saw gives 16 dB.\n"
        }
        _ => "",
    }
}

/// What the words for costs mean.
fn costs(page: &mut String) {
    page.push_str("\n| cost | operations | time |\n|---|---|---|\n");
    for (at, (name, from, time)) in CLASSES.iter().enumerate() {
        let range = match CLASSES.get(at + 1) {
            Some((_, next, _)) => format!("{from} to {}", next - 1),
            None => format!("{from} and more"),
        };
        writeln!(page, "| {name} | {range} | {time} |").expect("a string takes all");
    }
}

/// The chapters that have helpers, in order.
pub fn families() -> Vec<Family> {
    let mut families = HELPERS.iter().map(|helper| helper.family).collect::<Vec<_>>();
    families.sort();
    families.dedup();
    families
}

/// The helpers of a chapter, in the order of the list.
pub fn of(family: Family) -> impl Iterator<Item = &'static Helper> {
    HELPERS.iter().copied().filter(move |helper| helper.family == family)
}

fn contents(page: &mut String) {
    page.push('\n');
    for family in families() {
        let names = of(family).map(|helper| format!("[`{0}`](#{0})", helper.name)).collect::<Vec<_>>().join(" ");
        writeln!(page, "* {}: {names}", family.title()).expect("a string takes all");
    }
    page.push_str("* [The language](#the-language)\n* [Mathematics](#mathematics)\n");
}

fn section(page: &mut String, helper: &'static Helper, picture: bool, alias: Option<i64>) {
    write!(page, "\n### {}\n\n`{}`\n\n{}\n", helper.name, helper.signature(), helper.about)
        .expect("a string takes all");
    if !helper.aliases.is_empty() {
        write!(page, "\nAlso called `{}`.\n", helper.aliases.join("`, `")).expect("a string takes all");
    }
    if !helper.arguments.is_empty() {
        page.push_str("\n| argument | | unit | default | range | |\n|---|---|---|---|---|---|\n");
        for argument in helper.arguments {
            row(page, argument);
        }
    }
    write!(page, "\n```rhai\n{}\n```\n", helper.example).expect("a string takes all");
    if picture {
        write!(page, "\n![{} drawn]({})\n", helper.name, picture::path(helper)).expect("a string takes all");
    }
    for claim in helper.claims {
        write!(page, "\n* {claim}").expect("a string takes all");
        if let (Claim::Alias { .. }, Some(under)) = (claim, alias) {
            write!(page, " Here it is {under} dB.").expect("a string takes all");
        }
    }
    for line in facts(helper).lines(helper) {
        write!(page, "\n* {line}").expect("a string takes all");
    }
    for reference in helper.references {
        write!(page, "\n* Source: {reference}").expect("a string takes all");
    }
    page.push('\n');
}

fn row(page: &mut String, argument: &Argument) {
    let default = argument.default.map_or(String::new(), |default| match argument.kind {
        Kind::Choice(words) => format!("\"{}\"", words[default as usize]),
        _ => default.to_string(),
    });
    let cells = [argument.name, kind(argument), argument.unit.sign(), &default, &range(argument), argument.about];
    writeln!(page, "| {} |", cells.join(" | ")).expect("a string takes all");
}

fn language(page: &mut String) {
    page.push_str("\n## The language\n");
    for word in WORDS {
        let (name, signature, about, example) = (word.name, word.signature, word.about, word.example);
        write!(page, "\n### {name}\n\n`{signature}`\n\n{about}\n\n```rhai\n{example}\n```\n")
            .expect("a string takes all");
    }
    page.push_str("\n### Constants\n\n| name | |\n|---|---|\n");
    for (name, meaning) in CONSTANTS {
        writeln!(page, "| `{name}` | {meaning} |").expect("a string takes all");
    }
    page.push_str("\n### What a closure sees\n\n`|s| ...` is called once per sample.\n\n| name | |\n|---|---|\n");
    for (name, meaning) in WORLD {
        writeln!(page, "| `{name}` | {meaning} |").expect("a string takes all");
    }
}

fn mathematics(page: &mut String) {
    page.push_str(
        "\n## Mathematics\n\nOn numbers, on signals (per channel) and in closures, always giving floats, by one \
         implementation: the same bits everywhere.\nThe error is the largest one seen by the tests, in units of the last place.\n\n\
         | function | | largest error | where |\n|---|---|---|---|\n",
    );
    for math in Math::ALL {
        let call = format!("{}({})", math.name(), math.arguments().join(", "));
        let accuracy = ACCURACY.iter().find(|(name, ..)| *name == math.name());
        let (error, domain) = accuracy.map_or(("exact".to_owned(), ""), |(_, ulp, domain)| (ulp.to_string(), *domain));
        writeln!(page, "| `{call}` | {} | {error} | {domain} |", math.about()).expect("a string takes all");
    }
}
