//! The reference in a terminal. It prints nothing itself.

use std::fmt::Write;

use super::facts::facts;
use super::page::{families, of};
use super::picture::{Axis, Easel};
use super::svg::spark;
use super::{kind, range};
use crate::dsp::math::Math;
use crate::helpers::language::{WORDS, Word, word};
use crate::helpers::own::Own;
use crate::helpers::{Helper, find};

/// How wide a line of blocks is.
const WIDTH: usize = 64;

/// All names, by chapter, and last the functions that scripts define: the path of a file and its functions.
pub fn overview(own: &[(String, Vec<Own>)]) -> String {
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
    writeln!(text, "Mathematics\n  {names}").expect("a string takes all");
    for (path, functions) in own {
        let public = functions.iter().filter(|own| !own.private).collect::<Vec<_>>();
        if !public.is_empty() {
            writeln!(text, "{path}").expect("a string takes all");
        }
        for own in public {
            let sentence = own.sentence();
            writeln!(text, "{}", format!("  {:<52}  {}", own.signature(), first_sentence(&sentence)).trim_end())
                .expect("a string takes all");
        }
    }
    text.push_str("\n`aither helpers NAME` tells more.\n");
    text
}

/// All about one name; `None` where nothing is called so.
pub fn about(name: &str, own: &[(String, Vec<Own>)]) -> Option<String> {
    let own = own.iter().flat_map(|(path, functions)| functions.iter().map(move |own| (path, own)));
    let told = own.filter(|(_, own)| own.name == name).map(|(path, own)| {
        let about = if own.about.is_empty() { String::new() } else { format!("\n{}\n", own.about) };
        let example = if own.example.is_empty() { String::new() } else { format!("\n  {}\n", own.example) };
        format!("{}\n{about}{example}\nDefined in {path}:{}\n", own.signature(), own.line)
    });
    let told = told.collect::<Vec<_>>().join("\n");
    match built_in(name) {
        Some(text) if told.is_empty() => Some(text),
        Some(text) => Some(format!("{text}\n{told}")),
        None => Some(told).filter(|told| !told.is_empty()),
    }
}

fn built_in(name: &str) -> Option<String> {
    if let Some(helper) = find(name) {
        return Some(about_helper(helper));
    }
    if let Some(Word { signature, about, example, .. }) = word(name) {
        return Some(format!("{signature}\n\n{about}\n\n  {example}\n"));
    }
    let math = Math::named(name)?;
    Some(format!("{}({})\n\n{}\n", math.name(), math.arguments().join(", "), math.about()))
}

fn about_helper(helper: &'static Helper) -> String {
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
    for panel in Easel::new().panels(helper) {
        let Axis { marks, .. } = &panel.x;
        let ends = marks.first().zip(marks.last()).map(|((_, first), (_, last))| format!(", {first} to {last}"));
        writeln!(text, "\n  {}\n  {}{}", spark(&panel, WIDTH), panel.title, ends.unwrap_or_default())
            .expect("a string takes all");
    }
    for claim in helper.claims {
        writeln!(text, "\n{claim}").expect("a string takes all");
    }
    text.push('\n');
    for line in facts(helper).lines(helper) {
        writeln!(text, "{line}").expect("a string takes all");
    }
    for reference in helper.references {
        writeln!(text, "\nSource: {reference}").expect("a string takes all");
    }
    text
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).split(':').next().unwrap_or(text).trim_end_matches('.')
}
