//! A strict reader of Prometheus' text format, version 0.0.4: what `promtool check metrics` refuses, it refuses.

use std::collections::{BTreeMap, BTreeSet};

type Labels = BTreeMap<String, String>;

#[derive(Debug, Default)]
struct Family {
    kind: String,
    samples: Vec<(String, Labels, f64)>,
}

/// What a page says.
#[derive(Debug, Default)]
pub(super) struct Exposition(BTreeMap<String, Family>);

impl Exposition {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut all = Self::default();
        let mut current = String::new();
        if !text.ends_with('\n') {
            return Err("the last line does not end".to_owned());
        }
        for (number, line) in text.lines().enumerate() {
            all.line(line, &mut current).map_err(|why| format!("line {}: {why}: {line}", number + 1))?;
        }
        all.0.iter().try_for_each(|(name, family)| check(name, family).map_err(|why| format!("{name}: {why}")))?;
        Ok(all)
    }

    fn line(&mut self, line: &str, current: &mut String) -> Result<(), &'static str> {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').ok_or("no help")?;
            if !is_name(name) || help.trim().is_empty() || !help.ends_with('.') {
                return Err("help must be a sentence about a name");
            }
            if self.0.insert(name.to_owned(), Family::default()).is_some() {
                return Err("the family comes twice");
            }
            name.clone_into(current);
            return Ok(());
        }
        let family = self.0.get_mut(current.as_str()).ok_or("before any family")?;
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').ok_or("no type")?;
            if name != current || !family.kind.is_empty() || !family.samples.is_empty() {
                return Err("a type stands once, after its help");
            }
            if !["gauge", "counter", "histogram"].contains(&kind) {
                return Err("unknown type");
            }
            kind.clone_into(&mut family.kind);
            return Ok(());
        }
        let (name, labels, value) = sample(line)?;
        let own = match family.kind.as_str() {
            "histogram" => ["_bucket", "_sum", "_count"].iter().any(|end| name.strip_suffix(end) == Some(current.as_str())),
            _ => name == *current,
        };
        if !own {
            return Err("the sample is of another family");
        }
        if family.samples.iter().any(|(other, known, _)| *other == name && *known == labels) {
            return Err("the sample comes twice");
        }
        family.samples.push((name, labels, value));
        Ok(())
    }

    /// The names that queries may use.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (name, family) in &self.0 {
            let ends: &[&str] = if family.kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            names.extend(ends.iter().map(|end| format!("{name}{end}")));
        }
        names
    }

    /// The labels that a name has.
    pub(super) fn labels(&self, name: &str) -> BTreeSet<String> {
        let samples = self.0.values().flat_map(|family| &family.samples);
        samples.filter(|(own, _, _)| own == name).flat_map(|(_, labels, _)| labels.keys().cloned()).collect()
    }

    /// The value of the one sample with these labels among others.
    #[track_caller]
    pub(super) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let fits = |known: &Labels| labels.iter().all(|(key, value)| known.get(*key).map(String::as_str) == Some(*value));
        let found: Vec<_> =
            self.0.values().flat_map(|family| &family.samples).filter(|(own, known, _)| own == name && fits(known)).collect();
        assert_eq!(found.len(), 1, "{name} {labels:?}: {found:?}");
        found[0].2
    }
}

/// What holds for a whole family.
fn check(name: &str, family: &Family) -> Result<(), String> {
    match family.kind.as_str() {
        "" => return Err("has no type".to_owned()),
        "counter" if !name.ends_with("_total") => return Err("a counter ends in _total".to_owned()),
        "gauge" | "histogram" if name.ends_with("_total") => return Err("only a counter ends in _total".to_owned()),
        "counter" if family.samples.iter().any(|(_, _, value)| *value < 0.0) => return Err("a counter is never negative".to_owned()),
        _ => {}
    }
    if name.contains("_ms") || name.contains("milli") || name.contains("minute") {
        return Err("the base units are seconds and bytes".to_owned());
    }
    if family.kind == "histogram" { buckets(name, family) } else { Ok(()) }
}

/// Buckets rise, end in `+Inf`, and agree with the count.
fn buckets(name: &str, family: &Family) -> Result<(), String> {
    let mut series: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
    for (own, labels, value) in &family.samples {
        if own.ends_with("_bucket") {
            let mut labels = labels.clone();
            let le = labels.remove("le").ok_or("a bucket without le")?;
            let le = if le == "+Inf" { f64::INFINITY } else { le.parse().map_err(|_| format!("le={le}"))? };
            series.entry(labels).or_default().push((le, *value));
        }
    }
    for (labels, buckets) in series {
        let rises = buckets.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
        let last = buckets.last().ok_or("no bucket")?;
        let of = |end: &str| {
            let full = format!("{name}_{end}");
            family.samples.iter().find(|(own, known, _)| *own == full && *known == labels).map(|(_, _, value)| *value)
        };
        let (count, sum) = (of("count").ok_or("no count")?, of("sum").ok_or("no sum")?);
        if !rises || !last.0.is_infinite() || (last.1 - count).abs() > 0.0 || sum < 0.0 {
            return Err(format!("{labels:?}: {buckets:?}, count {count}, sum {sum}"));
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_lowercase())
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// `name{key="value",…} number`
fn sample(line: &str) -> Result<(String, Labels, f64), &'static str> {
    let end = line.find(['{', ' ']).ok_or("no value")?;
    let (name, mut rest) = line.split_at(end);
    if !is_name(name) {
        return Err("no name");
    }
    let mut labels = Labels::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        loop {
            let (key, after) = rest.split_once("=\"").ok_or("a label without a value")?;
            if !is_name(key) {
                return Err("a label's name");
            }
            let (value, after) = quoted(after)?;
            if labels.insert(key.to_owned(), value).is_some() {
                return Err("a label comes twice");
            }
            match after.split_at_checked(1).ok_or("the labels do not end")? {
                (",", after) => rest = after,
                ("}", after) => {
                    rest = after;
                    break;
                }
                _ => return Err("after a label"),
            }
        }
    }
    let number = rest.strip_prefix(' ').ok_or("no space before the value")?;
    Ok((name.to_owned(), labels, number.parse().map_err(|_| "the value is no number")?))
}

fn quoted(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => value.push(match letters.next().map(|(_, letter)| letter) {
                Some('n') => '\n',
                Some(letter @ ('\\' | '"')) => letter,
                _ => return Err("an unknown escape"),
            }),
            letter => value.push(letter),
        }
    }
    Err("a value does not end")
}

#[test]
fn what_is_wrong_is_refused() {
    let head = "# HELP a_total A thing.\n# TYPE a_total counter\n";
    assert!(Exposition::parse(&format!("{head}a_total{{x=\"1\\\"}}\"}} 3\n")).is_ok());
    for wrong in [
        "a_total 3\n".to_owned(),
        format!("{head}a_total 3"),
        format!("{head}a_total 3\na_total 4\n"),
        format!("{head}b 3\n"),
        format!("{head}a_total{{x=\"1\"y=\"2\"}} 3\n"),
        format!("{head}a_total -1\n"),
        format!("{head}a_total x\n"),
        "# HELP a A thing.\n# TYPE a counter\na 1\n".to_owned(),
        "# HELP a A thing.\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n".to_owned(),
        "# HELP a A thing.\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n".to_owned(),
    ] {
        assert!(Exposition::parse(&wrong).is_err(), "{wrong}");
    }
}
