//! Helpers that scripts define: their signatures and their `///` comments, read off the text. It knows no more of the language than that.

/// A function of a script, as the reference shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// Its name.
    pub name: String,
    /// Names of its parameters, in order.
    pub parameters: Vec<String>,
    /// The comment above it; empty where there is none.
    pub about: String,
    /// A signal to hear it by: the last line of the comment, where that is code between backticks.
    pub example: String,
    /// The line that it begins in, from 1.
    pub line: usize,
    /// Whether only its own file can call it.
    pub private: bool,
}

impl Own {
    /// How a call is written.
    pub fn signature(&self) -> String {
        format!("{}({})", self.name, self.parameters.join(", "))
    }

    /// The first sentence of its comment.
    pub fn sentence(&self) -> String {
        let line = self.about.lines().collect::<Vec<_>>().join(" ");
        line.split_inclusive(". ").next().unwrap_or_default().trim_end().to_owned()
    }

    /// The signature, and the first sentence where there is one.
    pub fn told(&self) -> String {
        let sentence = self.sentence();
        if sentence.is_empty() { self.signature() } else { format!("{}: {sentence}", self.signature()) }
    }
}

/// The functions of a script, in the order of the text. A function begins its line; its comment is the `///` lines right above.
pub fn read(text: &str) -> Vec<Own> {
    let mut own = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let here = line.trim();
        if let Some(said) = here.strip_prefix("///") {
            comment.push(said.strip_prefix(' ').unwrap_or(said).trim_end());
        } else {
            let private = here.strip_prefix("private ").map(str::trim_start);
            let rest = private.unwrap_or(here).strip_prefix("fn ");
            if let Some((name, parameters)) = rest.and_then(|_| head(&text[at..])) {
                let code = |line: &&str| line.trim().strip_prefix('`')?.strip_suffix('`').map(str::to_owned);
                let example = comment.last().and_then(code);
                comment.truncate(comment.len() - usize::from(example.is_some()));
                let (about, example) = (comment.join("\n").trim().to_owned(), example.unwrap_or_default());
                own.push(Own { name, parameters, about, example, line: number + 1, private: private.is_some() });
            }
            comment.clear();
        }
        at += line.len();
    }
    own
}

/// The name and the parameters of the function that a text begins with.
fn head(text: &str) -> Option<(String, Vec<String>)> {
    let (before, rest) = text.split_once('(')?;
    let name = before.split_whitespace().next_back()?;
    let (inside, _) = rest.split_once(')')?;
    // Comments may stand between parameters.
    let bare = inside.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
    let parameters = bare.split(',').map(str::trim).filter(|parameter| !parameter.is_empty());
    Some((name.to_owned(), parameters.map(str::to_owned).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_read_with_the_comments_right_above_them() {
        let text = "/// Another thing.\n\n/// Strikes a bell. It\n/// rings long.\n/// `bell(1)`\nfn bell(freq, // hertz\n    hits) { 1 }\n\
                    // no doc\nprivate fn quiet() {}\nlet f = |x| x;\n  fn  last ( x ) { x }\n";
        let own = read(text);
        let told = own.iter().map(Own::told).collect::<Vec<_>>();
        assert_eq!(told, ["bell(freq, hits): Strikes a bell.", "quiet()", "last(x)"]);
        assert_eq!((&*own[0].about, &*own[0].example), ("Strikes a bell. It\nrings long.", "bell(1)"));
        assert_eq!(
            own.iter().map(|own| (own.line, own.private)).collect::<Vec<_>>(),
            [(6, false), (9, true), (11, false)]
        );
    }
}
