//! The second letter engine: the program `wkhtmltopdf`, one locked-down process per letter.
//!
//! HTML goes in on standard input, PDF comes out on standard output. The switches keep it from files, network and
//! scripts (each was tried with a canary); `child` limits time and output; bubblewrap is put around it where that works.
//! It writes no PDF/A and puts the clock into the file, so its letters are not reproducible.

use super::child::{ChildError, Limits, find_program, run};
use super::content::{Content, Shape};
use super::glyphs::{in_liberation_sans, refuse_uncovered, texts};
use super::html::{check_fit, data_uri, sheets};
use super::look::{Look, Name};
use super::pages::page_count;
use super::picture::{self, Picture};
use super::settings::{LetterSettings, Sandbox};
use crate::engine::ports::{Letter, LetterEngine, LetterError, Pdf};
use handlebars::Handlebars;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const TEMPLATE: &str = include_str!("../../../templates/letter/letter.html.hbs");
/// Far more than 500 rows give.
const MAX_PDF: usize = 20 << 20;
const HOW_TO_GET: &str = "install the package wkhtmltopdf, or write engine = \"typst\"";

/// What keeps the program from files, network and scripts. The proxy is a port where nobody answers: it is what stops
/// requests, since `--disable-local-file-access` does nothing against HTTP. Without the delay of 0 it idles 200 ms a letter.
const LOCKED: [&str; 20] = [
    "-q",
    "-s",
    "A4",
    "-T",
    "0",
    "-B",
    "0",
    "-L",
    "0",
    "-R",
    "0",
    "--encoding",
    "utf-8",
    "--disable-local-file-access",
    "--disable-javascript",
    "--javascript-delay",
    "0",
    "--disable-plugins",
    "--proxy",
    "http://127.0.0.1:9",
];

/// No network, no home, read-only programs and fonts; the process dies with its parent.
const BUBBLE: [&str; 26] = [
    "--unshare-all",
    "--die-with-parent",
    "--new-session",
    "--clearenv",
    "--setenv",
    "LC_ALL",
    "C.UTF-8",
    "--ro-bind",
    "/usr",
    "/usr",
    "--symlink",
    "usr/lib",
    "/lib",
    "--symlink",
    "usr/lib64",
    "/lib64",
    "--symlink",
    "usr/bin",
    "/bin",
    "--ro-bind",
    "/etc/fonts",
    "/etc/fonts",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
];

/// Sets letters with the program of that name.
#[derive(Debug)]
pub struct WkhtmltopdfEngine {
    program: PathBuf,
    version: String,
    bubblewrap: Option<PathBuf>,
    limits: Limits,
    zoom: f64,
    template: Handlebars<'static>,
    letterhead: Option<String>,
    logo: Option<String>,
    shape: Shape,
}

/// The data of `letter.html.hbs`.
#[derive(Serialize)]
struct View<'a> {
    lang: &'a str,
    zoom: f64,
    subject: &'a str,
    sender: &'a str,
    name: Option<&'a Name>,
    look: &'a Look,
    logo: Option<&'a str>,
    return_line: &'a str,
    recipient: &'a [String],
    info: &'a [(&'static str, String)],
    footer: &'a [Vec<String>],
    background: Option<&'a str>,
    sheets: Vec<Sheet>,
}

#[derive(Serialize)]
struct Sheet {
    first: bool,
    last: bool,
    page: String,
    /// HTML.
    text: String,
}

impl WkhtmltopdfEngine {
    /// Finds the program and tries it, and bubblewrap if that is wanted.
    ///
    /// # Errors
    /// A plain sentence: what is missing and how to get it.
    pub fn new(settings: &LetterSettings) -> Result<Self, String> {
        let own = &settings.wkhtmltopdf;
        let named = own.program.display();
        if !(own.html_zoom > 0.1 && own.html_zoom < 10.0) {
            return Err(format!("html_zoom is {}: write a number between 0.1 and 10, such as 1.3014", own.html_zoom));
        }
        if own.timeout_s == 0 {
            return Err("timeout_s is 0: write the seconds that one letter may take, such as 20".to_owned());
        }
        let program = find_program(&own.program).ok_or_else(|| format!("the letter engine `{named}` is not installed: {HOW_TO_GET}"))?;
        let limits = Limits { timeout: own.timeout(), output: MAX_PDF };
        let version = version(&program, limits)?;
        let mut template = Handlebars::new();
        template.set_strict_mode(true);
        template.register_template_string("letter", TEMPLATE).map_err(|error| format!("the letter template: {error}"))?;
        let letterhead = settings.letterhead.as_ref().map(|picture| picture::read(picture, "letterhead")).transpose()?;
        let (look, logo) = Look::new(&settings.layout)?;
        let shape = Shape::new(settings, letterhead.as_ref().map(Picture::letterhead_name), look);
        let inline = |picture: Picture| data_uri(picture.content_type(), &picture.bytes);
        let (letterhead, logo) = (letterhead.map(inline), logo.map(inline));
        let bubblewrap = bubblewrap(own.sandbox, &program, limits)?;
        Ok(Self { program, version, bubblewrap, limits, zoom: own.html_zoom, template, letterhead, logo, shape })
    }

    fn page(&self, content: &Content) -> Result<(String, usize), LetterError> {
        let texts = sheets(content)?;
        let total = texts.len();
        let [page, of] = content.page;
        let sheet =
            |(index, text)| Sheet { first: index == 0, last: index + 1 == total, page: format!("{page} {} {of} {total}", index + 1), text };
        let view = View {
            lang: content.lang,
            zoom: self.zoom,
            subject: &content.subject,
            sender: &content.sender,
            name: content.name.as_ref(),
            look: &content.look,
            logo: self.logo.as_deref(),
            return_line: &content.return_line,
            recipient: &content.recipient,
            info: &content.info,
            footer: &content.footer,
            background: self.letterhead.as_deref(),
            sheets: texts.into_iter().enumerate().map(sheet).collect(),
        };
        let html = self.template.render("letter", &view).map_err(|error| LetterError::Engine(format!("the letter template: {error}")))?;
        Ok((html, total))
    }

    fn convert(&self, html: String) -> Result<Vec<u8>, LetterError> {
        let mut command = command(&self.program, self.bubblewrap.as_deref());
        command.args(LOCKED).args(["-", "-"]);
        run(command, html.into_bytes(), self.limits).map_err(|error| match error {
            ChildError::TooLarge(_) => LetterError::Content(format!("wkhtmltopdf {error}: lower max_rows or use a smaller letterhead")),
            ChildError::Start(_) | ChildError::Timeout(_) | ChildError::Failed { .. } => {
                LetterError::Engine(format!("wkhtmltopdf {error}"))
            }
        })
    }
}

impl LetterEngine for WkhtmltopdfEngine {
    fn name(&self) -> &'static str {
        "wkhtmltopdf"
    }

    fn check(&self) -> Result<String, String> {
        let sandbox = if self.bubblewrap.is_some() { "inside bubblewrap" } else { "without bubblewrap" };
        let build = if is_patched(&self.version) {
            "patched build: hold a letter against the window of an envelope and set html_zoom so that it fits"
        } else {
            "unpatched build"
        };
        let html = "<!DOCTYPE html><html><body style=\"font-family:'Liberation Sans',Arial\">Prüfung</body></html>";
        let pdf = self.convert(html.to_owned()).map_err(|error| format!("the letter engine does not work: {error}"))?;
        let metric = [b"LiberationSans".as_slice(), b"Arial"].iter().any(|font| pdf.windows(font.len()).any(|window| window == *font));
        if !metric {
            return Err(
                "the letter engine wkhtmltopdf finds no font with the widths that letters are laid out for: install fonts-liberation"
                    .to_owned(),
            );
        }
        Ok(format!("{} ({build}), {sandbox}", self.version))
    }

    fn render(&self, letter: &Letter<'_>) -> Result<Pdf, LetterError> {
        let content = Content::new(letter, &self.shape)?;
        let data = serde_json::to_value(&content).map_err(|error| LetterError::Engine(error.to_string()))?;
        refuse_uncovered(&texts(&data), in_liberation_sans)?;
        check_fit(&content)?;
        let (html, planned) = self.page(&content)?;
        let bytes = self.convert(html)?;
        match page_count(&bytes) {
            Some(pages) if pages == planned => Ok(Pdf { bytes, pages }),
            Some(pages) => {
                Err(LetterError::Engine(format!("wkhtmltopdf made {pages} pages of {planned}: html_zoom does not fit this build")))
            }
            None => Err(LetterError::Engine("wkhtmltopdf wrote no PDF".to_owned())),
        }
    }
}

fn command(program: &Path, bubblewrap: Option<&Path>) -> Command {
    let Some(bubblewrap) = bubblewrap else {
        return Command::new(program);
    };
    let mut command = Command::new(bubblewrap);
    command.args(BUBBLE).args(["--tmpfs", "/tmp"]).arg(program);
    command
}

fn version(program: &Path, limits: Limits) -> Result<String, String> {
    let mut asked = command(program, None);
    asked.arg("--version");
    let shown = program.display();
    let answer = run(asked, Vec::new(), limits).map_err(|error| format!("the letter engine `{shown}` {error}: {HOW_TO_GET}"))?;
    let answer = String::from_utf8_lossy(&answer).trim().to_owned();
    if answer.starts_with("wkhtmltopdf") { Ok(answer) } else { Err(format!("`{shown}` is not wkhtmltopdf: {HOW_TO_GET}")) }
}

/// Distributions' builds say `wkhtmltopdf 0.12.6`, the patched ones add `(with patched qt)` and scale differently.
fn is_patched(version: &str) -> bool {
    version.contains("patched qt")
}

/// Bubblewrap, if it is wanted and works here: inside containers it often may not make namespaces.
fn bubblewrap(sandbox: Sandbox, program: &Path, limits: Limits) -> Result<Option<PathBuf>, String> {
    if sandbox == Sandbox::Never {
        return Ok(None);
    }
    let tried = match find_program("bwrap".as_ref()) {
        None => Err("bubblewrap is not installed: install the package bubblewrap".to_owned()),
        Some(found) => {
            let mut trial = command(program, Some(&found));
            trial.arg("--version");
            let limits = Limits { timeout: limits.timeout.min(Duration::from_secs(10)), ..limits };
            run(trial, Vec::new(), limits).map(|_| found).map_err(|error| format!("bubblewrap {error}"))
        }
    };
    match (tried, sandbox) {
        (Ok(found), _) => Ok(Some(found)),
        (Err(why), Sandbox::Always) => Err(format!("sandbox = \"always\", but {why}; or write sandbox = \"auto\"")),
        (Err(_), Sandbox::Auto | Sandbox::Never) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;
    use std::net::TcpListener;

    #[test]
    fn a_build_tells_whether_it_is_patched() {
        assert!(!is_patched("wkhtmltopdf 0.12.6"));
        assert!(is_patched("wkhtmltopdf 0.12.6.1 (with patched qt)"));
    }

    #[test]
    fn another_program_of_that_name_is_refused() {
        let limits = Limits { timeout: Duration::from_secs(20), output: 1000 };
        let program = find_program("cat".as_ref()).unwrap();
        assert!(version(&program, limits).unwrap_err().contains("is not wkhtmltopdf"));
        let failing = find_program("false".as_ref()).unwrap();
        assert!(version(&failing, limits).unwrap_err().contains("exit status: 1"));
    }

    /// Each probe alone, since the first one that is refused may end the program.
    #[test]
    fn a_page_reaches_neither_network_nor_files_and_runs_no_script() {
        let engine = match WkhtmltopdfEngine::new(&LetterSettings::default()) {
            Ok(engine) => engine,
            Err(why) => return println!("not run: {why}"),
        };
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        server.set_nonblocking(true).unwrap();
        let address = server.local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let canary = folder.path().join("canary.html");
        std::fs::write(&canary, "<h1 style=\"width:9in\">canary</h1>").unwrap();
        let file = canary.display();
        let empty = engine.convert("<p>x</p>".to_owned()).unwrap().len();
        for probe in [
            format!("<img src=\"http://{address}/a\">"),
            format!("<iframe src=\"http://{address}/b\"></iframe>"),
            format!("<style>@import url(http://{address}/c); @font-face {{ font-family: f; src: url(http://{address}/d) }} p {{ font-family: f }}</style><p>x"),
            format!("<meta http-equiv=\"refresh\" content=\"0;url=http://{address}/e\">"),
            format!("<script>new Image().src = 'http://{address}/f'; document.location = 'http://{address}/g'</script>"),
            format!("<iframe src=\"file://{file}\"></iframe>"),
            format!("<object data=\"file://{file}\"></object>"),
            "<script>document.write('<h1>' + 'script '.repeat(9999) + '</h1>'); for (i = 0; i < 9999; i++) document.write('word ')</script>".to_owned(),
        ] {
            let made = engine.convert(probe.clone()).map_or(0, |pdf| pdf.len());
            // A word in a face of its own would add a font of some kilobytes.
            assert!(made < empty + 4_000, "{probe} gave {made} bytes, an empty page has {empty}");
            let asked = server.accept().map(|(_, from)| from);
            assert!(asked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "{probe} asked the network");
        }
    }
}
