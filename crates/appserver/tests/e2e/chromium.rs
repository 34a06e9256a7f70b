//! A real browser without a screen, told what to do over the DevTools protocol.

mod protocol;

use appserver_testkit::Server;
use serde_json::{Value, json};

use protocol::Protocol;

/// A browser. Its windows know nothing of each other, like those of different people.
pub(super) struct Chromium(Protocol);

/// A window of it.
pub(super) struct Window<'a> {
    browser: &'a Chromium,
    /// Of the tab, which the protocol calls a target.
    target: String,
    /// Of the commands to this window.
    session: String,
}

impl Chromium {
    /// Starts one with an empty profile.
    pub(super) fn start() -> Self {
        Self(Protocol::start())
    }

    /// Opens a window with cookies of its own, and in it a page of the server.
    #[track_caller]
    pub(super) fn open(&self, server: &Server, path: &str) -> Window<'_> {
        let context = self.0.ask(None, "Target.createBrowserContext", &json!({}));
        let target = json!({"url": "about:blank", "browserContextId": context["browserContextId"]});
        let target = text(&self.0.ask(None, "Target.createTarget", &target)["targetId"]);
        let attach = json!({"targetId": target, "flatten": true});
        let session = text(&self.0.ask(None, "Target.attachToTarget", &attach)["sessionId"]);
        let window = Window { browser: self, target, session };
        window.ask("Page.enable", &json!({}));
        window.go(server, path);
        window
    }
}

impl Window<'_> {
    /// Goes to a page of the server and waits until it is loaded.
    #[track_caller]
    pub(super) fn go(&self, server: &Server, path: &str) {
        let url = format!("http://{}{path}", server.address());
        let gone = self.ask("Page.navigate", &json!({"url": url}));
        assert!(gone["errorText"].is_null(), "{url}: {}", gone["errorText"]);
        self.wait_for_page();
    }

    /// Waits until the next page is loaded, after what leads to one.
    #[track_caller]
    pub(super) fn wait_for_page(&self) {
        self.browser.0.wait_for_event(&self.session, "Page.loadEventFired");
    }

    /// Types into the field that this selector finds, and sends its form.
    #[track_caller]
    pub(super) fn submit(&self, field: &str, value: &str) {
        let field = json!(field);
        self.run(&format!(
            "const field = document.querySelector({field}); \
             field.value = {}; field.form.requestSubmit()",
            json!(value)
        ));
    }

    /// Runs statements of JavaScript.
    #[track_caller]
    pub(super) fn run(&self, statements: &str) {
        self.evaluate(&format!("{{ {statements} }}; null"));
    }

    /// Waits until the document has changed so that this expression is true.
    #[track_caller]
    pub(super) fn wait_for(&self, expression: &str) {
        let changes = "{subtree: true, childList: true, attributes: true, characterData: true}";
        let promise = format!(
            "new Promise((resolve) => {{ \
               const look = () => {{ if ({expression}) {{ observer.disconnect(); resolve(true); }} }}; \
               const observer = new MutationObserver(look); \
               observer.observe(document, {changes}); \
               look(); \
             }})"
        );
        let evaluation = json!({"expression": promise, "awaitPromise": true});
        let answer = self.browser.0.try_ask(Some(&self.session), "Runtime.evaluate", &evaluation);
        let is_so = answer.as_ref().is_some_and(|answer| answer["result"]["value"] == true);
        assert!(is_so, "never: {expression} ({answer:?}); the window shows:\n{}", self.text());
    }

    /// Waits until the element that this selector finds shows this text.
    #[track_caller]
    pub(super) fn wait_for_text(&self, selector: &str, shown: &str) {
        let (selector, shown) = (json!(selector), json!(shown));
        self.wait_for(&format!(
            "document.querySelector({selector})?.textContent.includes({shown})"
        ));
    }

    /// What the window shows.
    pub(super) fn text(&self) -> String {
        text(&self.evaluate("document.body.innerText"))
    }

    /// The value of an expression.
    #[track_caller]
    pub(super) fn evaluate(&self, expression: &str) -> Value {
        let evaluation = json!({"expression": expression, "returnByValue": true});
        let answer = self.ask("Runtime.evaluate", &evaluation);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Closes the window.
    #[track_caller]
    pub(super) fn close(self) {
        self.browser.0.ask(None, "Target.closeTarget", &json!({"targetId": self.target}));
    }

    #[track_caller]
    fn ask(&self, method: &str, parameters: &Value) -> Value {
        self.browser.0.ask(Some(&self.session), method, parameters)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
