//! What a person does with pages, in words: opens, clicks by name, fills in by label, reads.
//! Each verb waits for what it needs. After a click that leads elsewhere say what is seen there,
//! lest the next verb finds the old page.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde_json::json;

use crate::driver::{Driver, Element, Refused};
use crate::patience::until_well;

/// One person's browser.
pub(crate) struct Browser {
    pub(crate) driver: Driver,
}

impl Browser {
    /// A fresh one; `None` where there is none, which the test then says.
    pub(crate) fn start() -> Option<Browser> {
        let driver = Driver::start()?;
        Some(Browser { driver })
    }

    /// Goes to an address, and waits until it is loaded.
    pub(crate) fn open(&mut self, address: &str) {
        self.driver
            .command("/url", &json!({"url": address}))
            .unwrap_or_else(|refused| panic!("{address}: {refused:?}"));
    }

    /// The address it is at.
    pub(crate) fn address(&mut self) -> String {
        self.driver
            .ask("/url")
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Waits until the page shows this text.
    pub(crate) fn sees(&mut self, text: &str) {
        until_well(&format!("{text:?} on the page"), || match self.read() {
            Ok(all) if all.contains(text) => Ok(()),
            Ok(all) => Err(all),
            Err(refused) => Err(refused.to_string()),
        });
    }

    /// Opens an address again and again until the page shows this text: counts follow the reports.
    pub(crate) fn comes_to_see(&mut self, address: &str, text: &str) {
        until_well(&format!("{text:?} at {address}"), || {
            self.open(address);
            let all = self.text();
            all.contains(text).then_some(()).ok_or(all)
        });
    }

    /// All text that the page shows at this moment.
    pub(crate) fn text(&mut self) -> String {
        until_well("the page's text", || self.read())
    }

    fn read(&mut self) -> Result<String, Refused> {
        let body = self.driver.find("//body")?;
        let body = body.first().ok_or_else(Refused::nothing)?;
        let text = self.driver.ask(&body.path("text"))?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Clicks a link, a button or what folds something out, by the name it has for people.
    pub(crate) fn click(&mut self, name: &str) {
        let name = quoted(name);
        let xpath = format!(
            "//*[self::a or self::button or self::summary]\
             [@aria-label={name} or not(@aria-label) and normalize-space()={name}]"
        );
        self.with_the(&name, &xpath, |driver, element| {
            driver.command(&element.path("click"), &json!({}))
        });
    }

    /// Clicks what an XPath finds, where a name says too little.
    pub(crate) fn follow(&mut self, xpath: &str) {
        self.with_the(xpath, xpath, |driver, element| {
            driver.command(&element.path("click"), &json!({}))
        });
    }

    /// Writes into the field with this label, in place of what is there.
    pub(crate) fn fill(&mut self, label: &str, text: &str) {
        self.with_the(label, &labelled(label), |driver, element| {
            driver.command(&element.path("clear"), &json!({}))?;
            driver.command(&element.path("value"), &json!({"text": text}))
        });
    }

    /// Clicks the box or the choice with this label.
    pub(crate) fn tick(&mut self, label: &str) {
        self.with_the(label, &labelled(label), |driver, element| {
            driver.command(&element.path("click"), &json!({}))
        });
    }

    /// Chooses from the list with this label.
    pub(crate) fn choose(&mut self, label: &str, option: &str) {
        let list = labelled(label);
        let option = format!("({list})/option[normalize-space()={}]", quoted(option));
        self.with_the(label, &option, |driver, element| {
            driver.command(&element.path("click"), &json!({}))
        });
    }

    /// Gives the field with this label a file.
    pub(crate) fn attach(&mut self, label: &str, file: &Path) {
        let text = file.display().to_string();
        self.with_the(label, &labelled(label), |driver, element| {
            driver.command(&element.path("value"), &json!({"text": text}))
        });
    }

    /// Lets scripts of pages run or not, from the next page on.
    pub(crate) fn scripts(&mut self, run: bool) {
        let parameters = json!({"value": !run});
        self.driver
            .browser_command("Emulation.setScriptExecutionDisabled", &parameters);
    }

    /// What the browser complained about since it was asked last: errors of scripts, what the
    /// page's policy forbade, what couldn't be loaded.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        let log = self
            .driver
            .command("/se/log", &json!({"type": "browser"}))
            .unwrap();
        let entries = log.as_array().unwrap().iter();
        let messages = entries.map(|entry| entry["message"].as_str().unwrap().to_owned());
        // It looks for this one beside JSON, which can't name another.
        messages
            .filter(|message| !message.contains("/favicon.ico "))
            .collect()
    }

    /// The page came with this status, which the browser always complains of, and of nothing else.
    pub(crate) fn was_refused(&mut self, status: u16) {
        let complaints = until_well("the browser's complaint", || match self.complaints() {
            none if none.is_empty() => Err(status),
            some => Ok(some),
        });
        let wanted = format!("status of {status} ");
        assert!(
            matches!(complaints.as_slice(), [one] if one.contains(&wanted)),
            "{status} was to come: {complaints:#?}"
        );
    }

    /// Nothing was complained about.
    pub(crate) fn has_no_complaints(&mut self) {
        let complaints = self.complaints();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }

    /// Does something with the one element that an XPath finds and that people see.
    fn with_the<T>(
        &mut self,
        what: &str,
        xpath: &str,
        act: impl Fn(&mut Driver, &Element) -> Result<T, Refused>,
    ) -> T {
        until_well(what, || {
            let mut seen = Vec::new();
            for element in self.driver.find(xpath)? {
                if self.driver.ask(&element.path("displayed"))? == true {
                    seen.push(element);
                }
            }
            match seen.as_slice() {
                [one] => act(&mut self.driver, one),
                [] => Err(Refused::nothing()),
                several => panic!("{what}: {} of this name", several.len()),
            }
        })
    }
}

impl Drop for Browser {
    /// What a test that fails saw last, for whoever looks into it.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("a-test").replace("::", "-");
        // The browser may be what failed.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            println!("it failed at {}", self.address());
            let picture = self.picture(&format!("failed-{name}.png"));
            println!("it looked like {}", picture.display());
        }));
    }
}

impl Refused {
    fn nothing() -> Refused {
        Refused {
            error: "nothing".to_owned(),
            message: "it isn't on the page".to_owned(),
        }
    }
}

impl Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "({}: {})", self.error, self.message)
    }
}

/// A text in an XPath, which knows no escapes.
fn quoted(text: &str) -> String {
    let parts: Vec<String> = text.split('"').map(|part| format!("\"{part}\"")).collect();
    match parts.as_slice() {
        [one] => one.clone(),
        several => format!("concat({})", several.join(", '\"', ")),
    }
}

/// The field that a label is for.
fn labelled(label: &str) -> String {
    let label = quoted(label);
    format!(
        "//*[@id=//label[normalize-space()={label}]/@for] \
         | //label[normalize-space()={label}]//*[self::input or self::select] \
         | //*[self::input or self::select][@aria-label={label}]"
    )
}
