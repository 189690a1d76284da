//! Which addresses are open to everybody. A webhook is an address that others choose: it must not lead into our own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    /// This machine too, for receivers that run beside us.
    pub(super) loopback: bool,
}

impl Reach {
    pub(super) fn may(self, address: IpAddr) -> bool {
        if address.to_canonical().is_loopback() {
            return self.loopback;
        }
        match address.to_canonical() {
            IpAddr::V4(address) => is_public_v4(address),
            IpAddr::V6(address) => is_public_v6(address),
        }
    }
}

/// By the registries of special-purpose addresses (RFC 6890 and its successors).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocols = a == 192 && b == 0 && c == 0;
    let benchmarks = a == 198 && (b == 18 || b == 19);
    let relay = a == 192 && b == 88 && c == 99;
    !(a == 0
        || a >= 224
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation()
        || shared
        || protocols
        || benchmarks
        || relay)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Only what is global unicast, without those that stand for an address of version 4: 6to4, Teredo, documentation.
    (a & 0xe000) == 0x2000 && a != 0x2002 && !(a == 0x2001 && (b < 0x200 || b == 0x0db8)) && a != 0x3fff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_open() {
        let may = |text: &str| Reach { loopback: false }.may(text.parse().unwrap());
        for address in ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"] {
            assert!(may(address), "{address}");
        }
        for address in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::1",
            "::",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:0:a00:1::",
            "2001:db8::1",
        ] {
            assert!(!may(address), "{address}");
        }
    }

    #[test]
    fn this_machine_is_open_where_that_is_configured() {
        let may = |text: &str| Reach { loopback: true }.may(text.parse().unwrap());
        assert!(may("127.0.0.1") && may("::1") && may("::ffff:127.0.0.1") && !may("10.0.0.1") && !may("0.0.0.0"));
    }
}
