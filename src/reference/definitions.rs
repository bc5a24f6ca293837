//! The words of scripts as a definition file of Rhai's (`.d.rhai`), for editors. It adds no fact of its own.

use std::fmt::Write;

use crate::dsp::math::Math;
use crate::helpers::language::{CONSTANTS, WORDS, WORLD};
use crate::helpers::own::Own;
use crate::helpers::{HELPERS, Helper};

const HEAD: &str = "\
module static;

// What Aither's scripts can call, for editors that read Rhai's definition files. `aither helpers --definitions` writes it.
// A signal is a number, what a helper gives, a closure |s| ..., or an array of them: `?` stands for any of these.
";

/// Operators that work on signals.
const OPERATORS: [&str; 12] = ["+", "-", "*", "/", "%", "**", "<", "<=", ">", ">=", "==", "!="];

/// Words that Rhai keeps for itself: as the name of a parameter each gets an underscore.
const RESERVED: &str = "as async await break call case catch const continue default do else export false fn for go goto if import in is let \
     loop match module new nil null package private protected public return shared spawn static super switch sync this thread throw true \
     try until use var void while with yield";

/// The most arguments of a function that takes any number of them for which there is a line.
const MOST: usize = 6;

/// The file, with the functions that scripts define: the path of a file and its functions.
pub fn definitions(own: &[(String, Vec<Own>)]) -> String {
    let mut text = String::from(HEAD);
    for helper in HELPERS {
        for name in std::iter::once(&helper.name).chain(helper.aliases) {
            define(&mut text, name, helper);
        }
    }
    for word in WORDS {
        let any = word.arguments.last() == Some(&"...");
        let named = word.arguments.iter().filter(|name| **name != "...").map(|name| (*name).to_owned());
        let mut parameters = named.collect::<Vec<_>>();
        // What is called so may be left out.
        let least = parameters.len() - usize::from(parameters.last().is_some_and(|name| name == "options"));
        if any {
            parameters.extend((1..=MOST.saturating_sub(parameters.len())).map(|number| format!("more_{number}")));
        }
        let about = format!("`{}`\n\n{}\n\n```rhai\n{}\n```", word.signature, word.about, word.example);
        overloads(&mut text, word.name, &about, &parameters, least, "?");
    }
    for math in Math::ALL {
        let parameters = math.arguments().iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        overloads(&mut text, math.name(), &format!("{}.", math.about()), &parameters, parameters.len(), "?");
    }
    text.push_str("\n// Arithmetic and comparisons, per channel; comparisons give 0 or 1.\n\n");
    for operator in OPERATORS {
        let _ = writeln!(text, "op {operator}(signal, ?) -> signal;\nop {operator}(?, signal) -> signal;");
    }
    text.push('\n');
    for (name, meaning) in CONSTANTS {
        let _ = writeln!(text, "/// {meaning}\nconst {name}: float;\n");
    }
    text.push_str("// What a closure |s| sees, once per sample.\n\n");
    for (name, meaning) in WORLD {
        let field = name.trim_start_matches("s.");
        let _ = writeln!(text, "/// {meaning}\nfn get {field}(s: world) -> ?;\n");
    }
    for (path, functions) in own {
        let public = functions.iter().filter(|own| !own.private).collect::<Vec<_>>();
        if !public.is_empty() {
            let _ = writeln!(text, "// {path}\n");
        }
        for own in public {
            let example = format!("{}\n\n```rhai\n{}\n```", own.about, own.example);
            let about = if own.example.is_empty() { &own.about } else { &example };
            overloads(&mut text, &own.name, about, &own.parameters, own.parameters.len(), "?");
        }
    }
    text
}

fn define(text: &mut String, name: &str, helper: &Helper) {
    let mut about = format!("`{}`\n\n{}\n", helper.signature(), helper.about);
    for argument in helper.arguments {
        let range = super::range(argument);
        let range =
            if range.is_empty() { range } else { format!(", {range} {}", argument.unit.sign()).trim_end().to_owned() };
        let _ = write!(about, "\n* `{}`: {} ({}{range})", argument.name, argument.about, super::kind(argument));
    }
    let _ = write!(about, "\n\n```rhai\n{}\n```", helper.example);
    let parameters = helper.arguments.iter().map(|argument| argument.name.to_owned()).collect::<Vec<_>>();
    overloads(text, name, &about, &parameters, helper.required(), "signal");
}

/// One line for each number of arguments that a call may have.
fn overloads(text: &mut String, name: &str, about: &str, parameters: &[String], least: usize, gives: &str) {
    for count in least..=parameters.len() {
        for line in about.lines() {
            let _ = writeln!(text, "{}", format!("/// {line}").trim_end());
        }
        let kept = |name: &String| if RESERVED.split(' ').any(|word| word == name) { "_" } else { "" };
        let given =
            parameters[..count].iter().map(|name| format!("{name}{}: ?", kept(name))).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "fn {name}({given}) -> {gives};\n");
    }
}
