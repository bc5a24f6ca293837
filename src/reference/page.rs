//! HELPERS.md, written from the declarations. It is committed, and a test holds it to what this makes.

use std::fmt::Write;

use super::{kind, range};
use crate::dsp::math::{ACCURACY, Math};
use crate::helpers::language::{CONSTANTS, WORDS, WORLD};
use crate::helpers::{Argument, Family, HELPERS, Helper, Kind};

const HEAD: &str = "\
# Helpers

This page is made from the declarations in `src/helpers`; `UPDATE=1 cargo test` writes it anew.

Wherever a number is accepted, a signal or a closure `|s| ...` is accepted too, unless the table says *constant*.
An array makes channels, and a helper works on every channel with a state of its own.
`x.helper(a)` is the same as `helper(x, a)`.
Arguments are kept in their range; what is not finite counts as the default, or, where there is none, as the value nearest to 0.
";

/// The whole page.
pub fn page() -> String {
    let mut page = String::from(HEAD);
    contents(&mut page);
    for family in families() {
        write!(page, "\n## {}\n", family.title()).expect("a string takes all");
        for helper in of(family) {
            section(&mut page, helper);
        }
    }
    language(&mut page);
    mathematics(&mut page);
    page
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

fn section(page: &mut String, helper: &Helper) {
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
    for claim in helper.claims {
        write!(page, "\n* {claim}").expect("a string takes all");
    }
    for reference in helper.references {
        write!(page, "\n* Source: {reference}").expect("a string takes all");
    }
    if !helper.claims.is_empty() || !helper.references.is_empty() {
        page.push('\n');
    }
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
