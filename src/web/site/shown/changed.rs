//! Lines of two texts as a page compares them: what changed, with a few lines around it.

use crate::domain::difference::Line;

/// Lines that are shown around a change.
const AROUND: usize = 3;

/// One line; `look/changed.html` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web::site) struct ChangedLine {
    pub(in crate::web::site) tone: &'static str,
    /// `+`, `−` or nothing.
    pub(in crate::web::site) sign: &'static str,
    pub(in crate::web::site) text: String,
}

/// What changed; `…` stands for what is left out.
pub(in crate::web::site) fn changed_lines(lines: &[Line<'_>]) -> Vec<ChangedLine> {
    let is_changed = |line: &Line<'_>| !matches!(line, Line::Same(_));
    let is_near = |at: usize| lines[at.saturating_sub(AROUND)..(at + AROUND + 1).min(lines.len())].iter().any(is_changed);
    let mut shown: Vec<ChangedLine> = Vec::new();
    let mut left_out = false;
    for (at, line) in lines.iter().enumerate() {
        if !is_near(at) {
            left_out = true;
            continue;
        }
        if std::mem::take(&mut left_out) {
            shown.push(ChangedLine { tone: "gap", sign: "", text: "…".to_owned() });
        }
        let (tone, sign, text) = match line {
            Line::Same(text) => ("", "", text),
            Line::Gone(text) => ("gone", "−", text),
            Line::New(text) => ("new", "+", text),
        };
        shown.push(ChangedLine { tone, sign, text: (*text).to_owned() });
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::difference;

    #[test]
    fn far_lines_are_left_out() {
        let before: Vec<_> = (0..20).map(|n| n.to_string()).collect();
        let after = before.join("\n").replace("\n10\n", "\nten\n");
        let shown = changed_lines(&difference::lines(&before.join("\n"), &after));
        let told: Vec<_> = shown.iter().map(|line| format!("{}{}", line.sign, line.text)).collect();
        assert_eq!(told, ["…", "7", "8", "9", "−10", "+ten", "11", "12", "13"]);
    }
}
