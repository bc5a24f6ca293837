//! The reference in a terminal. It prints nothing itself.

use std::fmt::Write;

use super::page::{families, of};
use super::{kind, range};
use crate::dsp::math::Math;
use crate::helpers::language::{WORDS, Word, word};
use crate::helpers::{Helper, find};

/// All names, by chapter.
pub fn overview() -> String {
    let mut text = String::new();
    for family in families() {
        writeln!(text, "{}", family.title()).expect("a string takes all");
        for helper in of(family) {
            writeln!(text, "  {:<52}  {}", helper.signature(), first_sentence(helper.about))
                .expect("a string takes all");
        }
    }
    text.push_str("The language\n");
    for word in WORDS {
        writeln!(text, "  {:<52}  {}", word.name, first_sentence(word.about)).expect("a string takes all");
    }
    let names = Math::ALL.map(Math::name).join(" ");
    write!(text, "Mathematics\n  {names}\n\n`aither helpers NAME` tells more.\n").expect("a string takes all");
    text
}

/// All about one name; `None` where nothing is called so.
pub fn about(name: &str) -> Option<String> {
    if let Some(helper) = find(name) {
        return Some(about_helper(helper));
    }
    if let Some(Word { signature, about, example, .. }) = word(name) {
        return Some(format!("{signature}\n\n{about}\n\n  {example}\n"));
    }
    let math = Math::named(name)?;
    Some(format!("{}({})\n\n{}\n", math.name(), math.arguments().join(", "), math.about()))
}

fn about_helper(helper: &Helper) -> String {
    let mut text = format!("{}\n\n{}\n", helper.signature(), helper.about);
    if !helper.arguments.is_empty() {
        text.push('\n');
    }
    for argument in helper.arguments {
        let range = range(argument);
        let range = if range.is_empty() { range } else { format!(", {range} {}", argument.unit.sign()) };
        let line = format!("  {:<10} {} ({}{})", argument.name, argument.about, kind(argument), range.trim_end());
        writeln!(text, "{line}").expect("a string takes all");
    }
    write!(text, "\n  {}\n", helper.example).expect("a string takes all");
    for claim in helper.claims {
        writeln!(text, "\n{claim}").expect("a string takes all");
    }
    for reference in helper.references {
        writeln!(text, "\nSource: {reference}").expect("a string takes all");
    }
    text
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).split(':').next().unwrap_or(text).trim_end_matches('.')
}
