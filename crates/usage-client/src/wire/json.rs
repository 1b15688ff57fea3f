//! JSON as Go's `encoding/json` writes it. Servers in the field were built against that library's
//! bytes, and two clients that say the same thing should send the same thing.

use std::fmt;
use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

/// A report that can't be written as JSON, such as one with a NaN in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeError {
    reason: String,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for EncodeError {}

impl serde::ser::Error for EncodeError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self {
            reason: reason.to_string(),
        }
    }
}

/// `value` as the protocol's library would send it.
pub(crate) fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::with_capacity(256);
    value
        .serialize(&mut Serializer::with_formatter(&mut out, GoStyle))
        .map_err(|error| EncodeError {
            reason: error.to_string(),
        })?;
    Ok(out)
}

/// Where Go differs from `serde_json`'s compact form.
struct GoStyle;

impl Formatter for GoStyle {
    fn write_f64<W: ?Sized + io::Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        let size = value.abs();
        write_float(out, size != 0.0 && !(1e-6..1e21).contains(&size), value)
    }

    fn write_f32<W: ?Sized + io::Write>(&mut self, out: &mut W, value: f32) -> io::Result<()> {
        let size = value.abs();
        write_float(out, size != 0.0 && !(1e-6..1e21).contains(&size), value)
    }

    /// Escaped, so that the text may stand in an HTML page or a script.
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut written = 0;
        for (at, found) in fragment.match_indices(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            out.write_all(&fragment.as_bytes()[written..at])?;
            written = at + found.len();
            out.write_all(match found {
                "<" => br"\u003c",
                ">" => br"\u003e",
                "&" => br"\u0026",
                "\u{2028}" => br"\u2028",
                _ => br"\u2029",
            })?;
        }
        out.write_all(&fragment.as_bytes()[written..])
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        let control = |out: &mut W, byte: u8| write!(out, "\\u{byte:04x}");
        match escape {
            CharEscape::Quote => out.write_all(br#"\""#),
            CharEscape::ReverseSolidus => out.write_all(br"\\"),
            CharEscape::Solidus => out.write_all(b"/"),
            CharEscape::LineFeed => out.write_all(br"\n"),
            CharEscape::CarriageReturn => out.write_all(br"\r"),
            CharEscape::Tab => out.write_all(br"\t"),
            CharEscape::Backspace => control(out, 0x08),
            CharEscape::FormFeed => control(out, 0x0c),
            CharEscape::AsciiControl(byte) => control(out, byte),
        }
    }
}

/// The shortest digits that read back as the same number; an exponent carries its sign.
fn write_float<W, F>(out: &mut W, with_exponent: bool, value: F) -> io::Result<()>
where
    W: ?Sized + io::Write,
    F: fmt::Display + fmt::LowerExp,
{
    if !with_exponent {
        return write!(out, "{value}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => {
            write!(out, "{digits}e+{exponent}")
        }
        _ => out.write_all(text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, values};

    #[track_caller]
    fn written(value: impl Into<Value>) -> String {
        String::from_utf8(to_vec(&value.into()).unwrap()).unwrap()
    }

    #[test]
    fn numbers_look_as_go_writes_them() {
        assert_eq!(written(u64::MAX), "18446744073709551615");
        assert_eq!(written(i64::MIN), "-9223372036854775808");
        assert_eq!(written(3.0), "3");
        assert_eq!(written(-0.0), "-0");
        assert_eq!(written(86400.25), "86400.25");
        assert_eq!(written(1e20), "100000000000000000000");
        assert_eq!(written(1e21), "1e+21");
        assert_eq!(written(1e-6), "0.000001");
        assert_eq!(written(9.99e-7), "9.99e-7");
        assert_eq!(written(-1.5e-10), "-1.5e-10");
        assert_eq!(written(f64::MAX), "1.7976931348623157e+308");
        assert_eq!(written(5e-324), "5e-324");
        assert_eq!(written(0.1_f32), "0.1");
        assert_eq!(written(f32::MAX), "3.4028235e+38");
        assert_eq!(String::from_utf8(to_vec(&0.1_f32).unwrap()).unwrap(), "0.1");
        assert_eq!(
            String::from_utf8(to_vec(&1e21_f32).unwrap()).unwrap(),
            "1e+21"
        );
    }

    #[test]
    fn text_is_safe_inside_html() {
        assert_eq!(
            written("<b>&\"'\\/\u{2028}\u{2029}é\u{7f}</b>"),
            r#""\u003cb\u003e\u0026\"'\\/\u2028\u2029é"#.to_owned()
                + "\u{7f}"
                + r#"\u003c/b\u003e""#
        );
        assert_eq!(
            written("\0\u{7}\u{8}\t\n\u{b}\u{c}\r\u{1b}"),
            r#""\u0000\u0007\u0008\t\n\u000b\u000c\r\u001b""#
        );
        let keys = values! { "b" => 1, "<" => 2, "B" => 3, "" => 4 };
        assert_eq!(written(keys), r#"{"":4,"\u003c":2,"B":3,"b":1}"#);
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = to_vec(&Value::from(vec![value])).unwrap_err();
            assert!(error.to_string().contains("no JSON number"), "{error}");
        }
        assert!(to_vec(&Value::from(f32::NAN)).is_err());
    }
}
