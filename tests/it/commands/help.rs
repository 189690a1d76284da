//! `--help` of every command, so that a change of what people read is seen.

use super::place::Place;

#[test]
fn every_command_explains_itself() {
    let place = Place::new("");
    let mut waiting: Vec<Vec<String>> = vec![Vec::new()];
    let mut seen = 0;
    while let Some(path) = waiting.pop() {
        let mut args: Vec<&str> = path.iter().map(String::as_str).collect();
        args.push("--help");
        let help = place.run(&args).fine().to_owned();
        for name in subcommands(&help) {
            waiting.push([path.clone(), vec![name]].concat());
        }
        let name = if path.is_empty() { "mahnwerk".to_owned() } else { path.join("_") };
        insta::assert_snapshot!(name, help);
        seen += 1;
    }
    assert!(seen > 20, "only {seen} commands were found");
}

/// The names under `Commands:`, without clap's own `help`.
fn subcommands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}
