//! The whole gate that a reporter goes through before each send: who decides whether anything may leave.
//!
//! The first that has an opinion decides:
//!
//! 1. `DO_NOT_TRACK`
//! 2. a request to be forgotten, until a person says yes again
//! 3. the product's own variable
//! 4. the product's configuration
//! 5. the answer that a person gave this install, where it covers what is reported now
//! 6. in CI: no
//! 7. the product's default

use std::fmt;

use super::{Consent, Environment, ProductVariable, UnixMillis, consent};

/// A person's answer, kept with the install.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Yes or no.
    pub granted: bool,
    /// The version of what was asked.
    pub version: u32,
    /// When it was given.
    pub at: UnixMillis,
}

/// What is known when the question is asked.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// The product's own variable, if it has one.
    pub variable: Option<&'a ProductVariable>,
    /// What the product's configuration says, if anything.
    pub configured: Option<bool>,
    /// What a person answered, if anybody was asked.
    pub answer: Option<Answer>,
    /// The version of what is reported. A product that grows what it reports raises it, and asks again.
    pub version: u32,
    /// Whether this install asked to be forgotten.
    pub forgotten: bool,
    /// What is true where nobody said anything.
    pub default: bool,
}

/// Whether anything may leave, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Whether.
    pub granted: bool,
    /// Who.
    pub by: Decider,
}

/// Who decided.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decider {
    /// An environment variable.
    Variable(String),
    /// This install asked to be forgotten.
    Forgotten,
    /// The product's configuration.
    Configuration,
    /// A person.
    Answer,
    /// A person said yes, but to less than is reported now: ask again.
    OlderAnswer,
    /// This is a build server.
    Ci,
    /// Nobody: the product's default.
    Default,
}

impl Gate<'_> {
    /// Asks.
    ///
    /// ```
    /// use usage_client::core::{Decider, Environment, Gate};
    ///
    /// let gate = Gate {
    ///     environment: &Environment::from([("CI", "true")]),
    ///     variable: None,
    ///     configured: None,
    ///     answer: None,
    ///     version: 1,
    ///     forgotten: false,
    ///     default: true,
    /// };
    /// assert!(!gate.ask().granted);
    /// assert_eq!(gate.ask().by, Decider::Ci);
    /// ```
    pub fn ask(&self) -> Permission {
        let says = |granted, by| Permission { granted, by };
        match consent(self.environment, None) {
            Consent::Off { variable } => return says(false, Decider::Variable(variable)),
            _ if self.forgotten => return says(false, Decider::Forgotten),
            _ => {}
        }
        match (consent(self.environment, self.variable), self.variable) {
            (Consent::Off { variable }, _) => return says(false, Decider::Variable(variable)),
            (Consent::On, Some(variable)) => {
                return says(true, Decider::Variable(variable.name().to_owned()));
            }
            _ => {}
        }
        match (self.configured, self.answer) {
            (Some(granted), _) => says(granted, Decider::Configuration),
            (None, Some(answer)) if answer.granted && answer.version < self.version => {
                says(false, Decider::OlderAnswer)
            }
            (None, Some(answer)) => says(answer.granted, Decider::Answer),
            (None, None) if self.environment.is_ci() => says(false, Decider::Ci),
            (None, None) => says(self.default, Decider::Default),
        }
    }
}

impl fmt::Display for Decider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Variable(name) => return write!(f, "the environment variable {name}"),
            Self::Forgotten => "the request to forget this install",
            Self::Configuration => "the configuration",
            Self::Answer => "the answer to the question whether it may",
            Self::OlderAnswer => "a consent to less than is reported now: ask again",
            Self::Ci => "the default in CI",
            Self::Default => "default",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks, of a product that is on by default, after `change`.
    fn ask(change: impl FnOnce(&mut Gate<'_>), variables: &[(&str, &str)]) -> Permission {
        let environment = variables.iter().copied().collect();
        let variable = ProductVariable::Switch("JAMBOX_USAGE".into());
        let mut gate = Gate {
            environment: &environment,
            variable: Some(&variable),
            configured: None,
            answer: None,
            version: 2,
            forgotten: false,
            default: true,
        };
        change(&mut gate);
        gate.ask()
    }

    fn answer(granted: bool, version: u32) -> Option<Answer> {
        Some(Answer {
            granted,
            version,
            at: UnixMillis::default(),
        })
    }

    #[test]
    fn the_first_with_an_opinion_decides() {
        let everything_yes = |gate: &mut Gate<'_>| {
            gate.configured = Some(true);
            gate.answer = answer(true, 2);
        };
        let off = |by| Permission { granted: false, by };
        let on = |by| Permission { granted: true, by };
        let variable = |name: &str| Decider::Variable(name.into());

        let track = [("DO_NOT_TRACK", "1"), ("JAMBOX_USAGE", "on")];
        assert_eq!(ask(everything_yes, &track), off(variable("DO_NOT_TRACK")));
        let forgotten = |gate: &mut Gate<'_>| {
            everything_yes(gate);
            gate.forgotten = true;
        };
        assert_eq!(ask(forgotten, &track[1..]), off(Decider::Forgotten));
        assert_eq!(
            ask(everything_yes, &[("JAMBOX_USAGE", "off")]),
            off(variable("JAMBOX_USAGE"))
        );
        assert_eq!(
            ask(|gate| gate.configured = Some(false), &track[1..]),
            on(variable("JAMBOX_USAGE"))
        );
        assert_eq!(
            ask(
                |gate| (gate.configured, gate.answer) = (Some(false), answer(true, 2)),
                &[]
            ),
            off(Decider::Configuration)
        );
        // A person in CI is asked for by its configuration or an answer, not by the default.
        assert_eq!(
            ask(|gate| gate.answer = answer(true, 2), &[("CI", "1")]),
            on(Decider::Answer)
        );
        assert_eq!(ask(|_| (), &[("CI", "1")]), off(Decider::Ci));
        assert_eq!(ask(|_| (), &[]), on(Decider::Default));
        assert_eq!(ask(|gate| gate.default = false, &[]), off(Decider::Default));
    }

    #[test]
    fn a_yes_to_less_is_no_yes_and_a_no_to_less_is_a_no() {
        let by = |given| ask(|gate| gate.answer = given, &[]);
        assert_eq!(by(answer(true, 1)).by, Decider::OlderAnswer);
        assert!(!by(answer(true, 1)).granted);
        assert!(by(answer(true, 2)).granted && by(answer(true, 3)).granted);
        assert!(!by(answer(false, 1)).granted && !by(answer(false, 2)).granted);
    }
}
