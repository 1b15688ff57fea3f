//! Which addresses webhooks may reach. Whoever adds one must not be able to ask this machine's neighbours, or
//! what runs on it: so only public addresses, and networks that the configuration names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::ingest::within;

/// The addresses that may be reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Networks that may be reached though they aren't public: address and prefix length.
    networks: Vec<(IpAddr, u8)>,
}

impl Reach {
    pub(crate) fn to_public_and(networks: Vec<(IpAddr, u8)>) -> Reach {
        Reach { networks }
    }

    /// Whether this one may be reached. What stands for an IPv4 address is that address.
    pub(crate) fn allows(&self, address: IpAddr) -> bool {
        let meant = address.to_canonical();
        let named = |network: &(IpAddr, u8)| within(meant, *network) || within(address, *network);
        is_public(meant) || self.networks.iter().any(named)
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// By IANA's registry of special addresses.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !special
}

/// Only what is handed out to the public, and of that not what carries an IPv4 address along or is for
/// documents.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let part = address.segments();
    // 2000::/3, but for 2001::/23 (Teredo and other protocols), 2001:db8::/32, 2002::/16 (6to4), 3fff::/20.
    part[0] & 0xe000 == 0x2000
        && !(part[0] == 0x2001 && part[1] < 0x200)
        && !(part[0] == 0x2001 && part[1] == 0xdb8)
        && part[0] != 0x2002
        && !(part[0] == 0x3fff && part[1] < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(networks: &[(&str, u8)], address: &str) -> bool {
        let networks = networks
            .iter()
            .map(|(at, bits)| (at.parse().unwrap(), *bits));
        Reach::to_public_and(networks.collect()).allows(address.parse().unwrap())
    }

    #[test]
    fn public_addresses_are_reached() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.0.1",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450::1",
            "2001:200::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(allows(&[], public), "{public}");
        }
    }

    #[test]
    fn nothing_else_is() {
        for private in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!allows(&[], private), "{private}");
        }
    }

    #[test]
    fn what_the_configuration_names_is_reached_and_nothing_beside_it() {
        let here = [("127.0.0.1", 32), ("10.1.0.0", 16), ("fd00::", 8)];
        for named in ["127.0.0.1", "::ffff:127.0.0.1", "10.1.255.1", "fd12::1"] {
            assert!(allows(&here, named), "{named}");
        }
        for beside in ["127.0.0.2", "10.2.0.1", "fc00::1", "::1"] {
            assert!(!allows(&here, beside), "{beside}");
        }
    }
}
