//! A real Chromium, driven over its debugging pipe (Chrome DevTools Protocol), so that no driver and no port is needed.

use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// So long a page may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// One browser with one page. It ends with the test.
pub(super) struct Browser {
    child: Child,
    to: File,
    from: BufReader<File>,
    session: String,
    asked: u64,
    _profile: tempfile::TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Browser {
    pub(super) fn start() -> Self {
        let program = PROGRAMS.into_iter().find(|name| runs(name)).expect("Chromium is missing: apt-get install chromium");
        let profile = tempfile::tempdir().unwrap();
        let (to, from) = (profile.path().join("to"), profile.path().join("from"));
        assert!(Command::new("mkfifo").args([&to, &from]).status().unwrap().success());
        let home = format!("--user-data-dir={}", profile.path().join("profile").display());
        // The pipe's ends are file descriptors 3 and 4, which only a shell can give without unsafe code.
        let child = Command::new("sh")
            .args(["-c", r#"to=$1 from=$2; shift 2; exec "$@" 3<"$to" 4>"$from""#, "sh"])
            .args([&to, &from])
            .args([program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe"])
            .args([home.as_str(), "about:blank"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (to, from) = (open_to(&to), BufReader::new(File::open(&from).unwrap()));
        let mut browser = Self { child, to, from, session: String::new(), asked: 0, _profile: profile };
        let target = browser.call("Target.createTarget", &json!({"url": "about:blank"}))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", &json!({"targetId": target, "flatten": true}));
        attached["sessionId"].as_str().unwrap().clone_into(&mut browser.session);
        browser.call("Page.enable", &json!({}));
        browser.call("Network.enable", &json!({}));
        browser
    }

    fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.asked += 1;
        let mut message = json!({"id": self.asked, "method": method, "params": parameters});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut answer = Vec::new();
            assert!(self.from.read_until(0, &mut answer).unwrap() > 0, "the browser ended during {method}");
            answer.pop();
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            if answer["id"] == json!(self.asked) {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// The value of a script, promises awaited.
    pub(super) fn eval(&mut self, script: &str) -> Value {
        let parameters = json!({"expression": script, "returnByValue": true, "awaitPromise": true});
        let found = self.call("Runtime.evaluate", &parameters);
        assert!(found.get("exceptionDetails").is_none(), "{script}: {found}");
        found["result"]["value"].clone()
    }

    /// Waits until a script says true.
    pub(super) fn until(&mut self, script: &str) {
        let began = Instant::now();
        while self.eval(script) != json!(true) {
            assert!(began.elapsed() < PATIENCE, "waited in vain for {script} at {}", self.eval("location.href"));
            std::thread::yield_now();
        }
    }

    /// Opens a page and waits until it is there.
    pub(super) fn open(&mut self, url: &str) {
        self.eval("window.before = true");
        self.call("Page.navigate", &json!({"url": url}));
        self.until("!window.before && document.readyState === 'complete'");
    }

    /// Does something that leads to another page, and waits for that.
    pub(super) fn go(&mut self, script: &str) {
        self.eval("window.before = true");
        self.eval(script);
        self.until("!window.before && document.readyState === 'complete'");
    }

    /// Writes into the field of this name, as a person does.
    pub(super) fn fill(&mut self, name: &str, text: &str) {
        let (name, text) = (json!(name), json!(text));
        self.eval(&format!(
            "(() => {{ const field = document.querySelector(`main [name='${{{name}}}']`); field.value = {text}; field.dispatchEvent(new Event('input', {{bubbles: true}})); \
             field.dispatchEvent(new Event('change', {{bubbles: true}})); return true }})()"
        ));
    }

    pub(super) fn width(&mut self, width: u32, dark: bool) {
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" }}]});
        self.call("Emulation.setEmulatedMedia", &scheme);
    }

    /// Lets the page know this cookie (`name=value`).
    pub(super) fn cookie(&mut self, url: &str, pair: &str) {
        let (name, value) = pair.split_once('=').unwrap();
        self.call("Network.setCookie", &json!({"name": name, "value": value, "url": url}));
    }

    /// Scripts of pages run or don't; those of the test always do.
    pub(super) fn scripts(&mut self, on: bool) {
        self.call("Emulation.setScriptExecutionDisabled", &json!({"value": !on}));
    }
}

fn runs(name: &str) -> bool {
    Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn open_to(path: &Path) -> File {
    File::options().write(true).open(path).unwrap()
}
