//! Whether anything may be sent, as far as the environment says so.
//!
//! The order is `DO_NOT_TRACK`, then the product's own variable. Configuration and defaults come after
//! these and are not known here: saving is an explicit act of the caller's.

use super::Environment;

/// The variable that speaks for every program on a machine.
const DO_NOT_TRACK: &str = "DO_NOT_TRACK";

/// A product's own variable, in one of the two ways products name it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProductVariable {
    /// `JAMBOX_NO_USAGE=1` switches off.
    OptOut(String),
    /// `JAMBOX_USAGE=off` (or `0`, `no`, `false`) switches off.
    Switch(String),
}

/// What the environment says about sending.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Consent {
    /// Nothing: whoever asks decides.
    Unsaid,
    /// The product's variable says yes.
    On,
    /// No, says the variable.
    Off {
        /// Its name.
        variable: String,
    },
}

impl ProductVariable {
    /// The variable's name.
    pub fn name(&self) -> &str {
        match self {
            Self::OptOut(name) | Self::Switch(name) => name,
        }
    }
}

/// Asks `environment`. Anything that is not clearly a yes is taken as a no.
///
/// ```
/// use usage_client::core::{Consent, Environment, ProductVariable, consent};
///
/// let own = ProductVariable::OptOut("JAMBOX_NO_USAGE".into());
/// let asked = |environment| consent(&environment, Some(&own));
///
/// assert_eq!(asked(Environment::default()), Consent::Unsaid);
/// let off = Consent::Off { variable: "JAMBOX_NO_USAGE".into() };
/// assert_eq!(asked(Environment::from([("JAMBOX_NO_USAGE", "1")])), off);
/// ```
pub fn consent(environment: &Environment, product: Option<&ProductVariable>) -> Consent {
    let off = |name: &str| Consent::Off {
        variable: name.to_owned(),
    };
    if environment.is_on(DO_NOT_TRACK) {
        return off(DO_NOT_TRACK);
    }
    let Some(product) = product else {
        return Consent::Unsaid;
    };
    let Some(value) = environment.get_filled(product.name()) else {
        return Consent::Unsaid;
    };
    let says = |words: &[&str]| {
        words
            .iter()
            .any(|word| value.trim().eq_ignore_ascii_case(word))
    };
    let on = match product {
        ProductVariable::OptOut(_) => says(&["0", "false", "no", "off"]),
        ProductVariable::Switch(_) => says(&["1", "true", "yes", "on"]),
    };
    if on { Consent::On } else { off(product.name()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn off(name: &str) -> Consent {
        Consent::Off {
            variable: name.to_owned(),
        }
    }

    #[test]
    fn do_not_track_goes_before_everything() {
        let own = ProductVariable::Switch("JAMBOX_USAGE".into());
        for value in ["1", "true", "yes", "anything", " 1 "] {
            let environment = Environment::from([("DO_NOT_TRACK", value), ("JAMBOX_USAGE", "on")]);
            assert_eq!(
                consent(&environment, Some(&own)),
                off("DO_NOT_TRACK"),
                "{value}"
            );
        }
        for value in ["", " ", "0", "false", "FALSE"] {
            let environment = Environment::from([("DO_NOT_TRACK", value)]);
            assert_eq!(
                consent(&environment, Some(&own)),
                Consent::Unsaid,
                "{value:?}"
            );
        }
    }

    #[test]
    fn what_a_product_s_variable_does_not_clearly_allow_is_off() {
        let opt_out = ProductVariable::OptOut("JAMBOX_NO_USAGE".into());
        let switch = ProductVariable::Switch("JAMBOX_USAGE".into());
        let asked = |variable: &ProductVariable, value: &str| {
            consent(
                &Environment::from([(variable.name(), value)]),
                Some(variable),
            )
        };
        for (value, opted, switched) in [
            ("", Consent::Unsaid, Consent::Unsaid),
            ("1", off("JAMBOX_NO_USAGE"), Consent::On),
            ("0", Consent::On, off("JAMBOX_USAGE")),
            ("Off", Consent::On, off("JAMBOX_USAGE")),
            ("maybe", off("JAMBOX_NO_USAGE"), off("JAMBOX_USAGE")),
        ] {
            assert_eq!(asked(&opt_out, value), opted, "{value:?}");
            assert_eq!(asked(&switch, value), switched, "{value:?}");
        }
    }
}
