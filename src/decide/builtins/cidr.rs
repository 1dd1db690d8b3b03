//! Networks: which contain, meet or make up which.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use regorus::Value;

use super::arguments::{elements, set_of, string};
use super::{Function, function};

pub(super) const FUNCTIONS: &[Function] = &[
    function("net.cidr_contains", 2, contains),
    function("net.cidr_contains_matches", 2, contains_matches),
    function("net.cidr_expand", 1, expand),
    function("net.cidr_intersects", 2, intersects),
    function("net.cidr_is_valid", 1, is_valid),
    function("net.cidr_merge", 1, merge),
];

/// A /16 of IPv4. OPA knows no bound, and needs 1.4 GB for a /8.
const MAX_EXPANDED: u128 = 1 << 16;

/// Where IPv4 lies among the addresses of IPv6.
const MAPPED: RangeInclusive<u128> = 0xffff_0000_0000..=0xffff_ffff_ffff;
const MAPPED_PREFIX: u32 = 96;

/// All addresses from `first` to `last`, both included, as numbers within their family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Range {
    v6: bool,
    first: u128,
    last: u128,
}

impl Range {
    fn bits(v6: bool) -> u32 {
        if v6 { 128 } else { 32 }
    }

    /// As Go has it, all of whose IPv4 addresses may be written as IPv6 ones that are mapped (`::ffff:10.0.0.1`).
    fn of(address: IpAddr, prefix: u32) -> Self {
        let mapped = match address {
            IpAddr::V6(address) if prefix >= MAPPED_PREFIX => address.to_ipv4_mapped(),
            _ => None,
        };
        let (address, prefix) = mapped.map_or((address, prefix), |v4| (v4.into(), prefix - MAPPED_PREFIX));
        let (v6, number) = match address {
            IpAddr::V4(address) => (false, u128::from(address.to_bits())),
            IpAddr::V6(address) => (true, address.to_bits()),
        };
        let host = host_mask(Self::bits(v6) - prefix);
        Self { v6, first: number & !host, last: number | host }
    }

    fn contains(&self, other: &Self) -> bool {
        self.v6 == other.v6 && self.first <= other.first && other.last <= self.last
    }

    /// Where it lies among the addresses of IPv6.
    fn in_v6(&self) -> RangeInclusive<u128> {
        let offset = if self.v6 { 0 } else { *MAPPED.start() };
        offset + self.first..=offset + self.last
    }

    fn meets(&self, other: &Self) -> bool {
        self.v6 == other.v6 && self.first <= other.last && other.first <= self.last
    }

    fn address(v6: bool, number: u128) -> IpAddr {
        if v6 {
            Ipv6Addr::from_bits(number).into()
        } else {
            Ipv4Addr::from_bits(u32::try_from(number).unwrap_or(u32::MAX)).into()
        }
    }

    /// The fewest networks that make up the range.
    fn networks(self) -> Vec<String> {
        let bits = Self::bits(self.v6);
        let mut networks = Vec::new();
        let mut next = self.first;
        loop {
            let mut host = next.trailing_zeros().min(bits);
            while host > 0 && (host == 128 || next | host_mask(host) > self.last) {
                if host == 128 && self.last == u128::MAX {
                    break;
                }
                host -= 1;
            }
            networks.push(format!("{}/{}", Self::address(self.v6, next), bits - host));
            let end = next | host_mask(host);
            if end >= self.last {
                return networks;
            }
            next = end + 1;
        }
    }
}

/// The lowest `bits` bits set.
fn host_mask(bits: u32) -> u128 {
    if bits >= 128 { u128::MAX } else { (1 << bits) - 1 }
}

fn parse(text: &str) -> Result<Range, String> {
    let invalid = || format!("invalid CIDR address: {text}");
    let (address, prefix) = text.split_once('/').ok_or_else(invalid)?;
    let address: IpAddr = address.parse().map_err(|_| invalid())?;
    let digits = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
    let prefix: u32 = prefix.parse().ok().filter(|_| digits).ok_or_else(invalid)?;
    if prefix > Range::bits(address.is_ipv6()) {
        return Err(invalid());
    }
    Ok(Range::of(address, prefix))
}

/// A network, or a lone address.
fn parse_either(text: &str) -> Result<Range, String> {
    match text.parse::<IpAddr>() {
        Ok(address) => Ok(Range::of(address, Range::bits(address.is_ipv6()))),
        Err(_) => parse(text),
    }
}

fn is_valid(given: &[Value]) -> Result<Value, String> {
    Ok(Value::from(parse(string(given, 0)?).is_ok()))
}

fn contains(given: &[Value]) -> Result<Value, String> {
    Ok(Value::from(parse(string(given, 0)?)?.contains(&parse_either(string(given, 1)?)?)))
}

fn intersects(given: &[Value]) -> Result<Value, String> {
    Ok(Value::from(parse(string(given, 0)?)?.meets(&parse(string(given, 1)?)?)))
}

fn expand(given: &[Value]) -> Result<Value, String> {
    let range = parse(string(given, 0)?)?;
    if range.last - range.first >= MAX_EXPANDED {
        return Err(format!("has more than {MAX_EXPANDED} addresses"));
    }
    let addresses = (range.first..=range.last).map(|number| Range::address(range.v6, number).to_string());
    Ok(set_of(addresses.map(Value::from)))
}

fn contains_matches(given: &[Value]) -> Result<Value, String> {
    let mut matches = Vec::new();
    let candidates = indexed(given, 1)?;
    for (network, index) in indexed(given, 0)? {
        let network = parse(&network)?;
        for (candidate, other) in &candidates {
            if network.contains(&parse_either(candidate)?) {
                matches.push(Value::from(vec![index.clone(), other.clone()]));
            }
        }
    }
    Ok(set_of(matches))
}

/// Each text with what it is known by: an array's position, a set's element, an object's key, a string itself.
fn indexed(given: &[Value], at: usize) -> Result<Vec<(String, Value)>, String> {
    let text = |value: &Value| {
        let first = match value {
            Value::Array(items) => items.iter().next().cloned(),
            other => Some(other.clone()),
        };
        match first {
            Some(Value::String(text)) => Ok(text.to_string()),
            _ => Err(format!("operand {}: element must be string or non-empty array", at + 1)),
        }
    };
    match given.get(at) {
        Some(value @ Value::String(_)) => Ok(vec![(text(value)?, value.clone())]),
        Some(Value::Array(items)) => {
            items.iter().enumerate().map(|(i, item)| Ok((text(item)?, Value::from(i)))).collect()
        }
        Some(Value::Set(items)) => items.iter().map(|item| Ok((text(item)?, item.clone()))).collect(),
        Some(Value::Object(fields)) => {
            fields.iter().map(|(key, item)| Ok((text(item)?, key.clone()))).collect()
        }
        _ => Err(format!("operand {} must be a string, array, set or object", at + 1)),
    }
}

fn merge(given: &[Value]) -> Result<Value, String> {
    let (mut ranges, mut has_mapped) = (Vec::new(), false);
    for element in elements(given, 0)? {
        let Value::String(text) = &element else { return Err("element must be string".into()) };
        let (range, network) = merge_operand(text)?;
        has_mapped |= !range.v6 && text.contains(':') && text.contains('/');
        ranges.push((range, network));
    }
    // OPA joins such a one to some networks, and to others not.
    if has_mapped && ranges.len() > 1 {
        return Err("a network of mapped addresses is not merged with others; write it as one of IPv4".into());
    }
    ranges.sort_by_key(|(range, _)| *range);
    let mut merged: Vec<(Range, Option<String>)> = Vec::new();
    for (range, text) in ranges {
        match merged.last_mut() {
            Some((so_far, alone))
                if so_far.v6 == range.v6 && range.first <= so_far.last.saturating_add(1) =>
            {
                so_far.last = so_far.last.max(range.last);
                *alone = None;
            }
            _ => merged.push((range, Some(text))),
        }
    }
    without_covered(&mut merged)?;
    let networks = merged.into_iter().flat_map(|(range, alone)| match alone {
        Some(text) => vec![text],
        None => range.networks(),
    });
    Ok(set_of(networks.map(Value::from)))
}

/// Leaves out what of IPv4 lies within a network of IPv6.
fn without_covered(merged: &mut Vec<(Range, Option<String>)>) -> Result<(), String> {
    let wide: Vec<_> = merged.iter().filter(|(range, _)| range.v6).map(|(range, _)| range.in_v6()).collect();
    merged.retain(|(range, _)| range.v6 || !wide.iter().any(|wide| wide.contains(range.in_v6().start())));
    // OPA crashes.
    let ends = |(range, _): &(Range, _)| !range.v6 && range.in_v6().end() == MAPPED.end();
    if merged.iter().any(ends) && wide.iter().any(|wide| *wide.start() == MAPPED.end() + 1) {
        return Err("the last network of IPv4 and the one of IPv6 behind it are not merged".into());
    }
    Ok(())
}

/// A network and how it is written when nothing joins it.
///
/// A lone IPv4 address stands, as in OPA, for the network of its class (Go's `IP.DefaultMask`).
fn merge_operand(text: &str) -> Result<(Range, String), String> {
    match text.parse::<IpAddr>() {
        Ok(address) if let IpAddr::V4(address) = address.to_canonical() => {
            let prefix = match address.octets()[0] {
                0..128 => 8,
                128..192 => 16,
                192.. => 24,
            };
            Ok((Range::of(address.into(), prefix), format!("{address}/{prefix}")))
        }
        Ok(_) => Err("IPv6 invalid: needs prefix length".into()),
        Err(_) => {
            let range = parse(text)?;
            let [network] = range.networks().try_into().map_err(|_| "is no network".to_string())?;
            Ok((range, network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(texts: &[&str]) -> Vec<String> {
        let given = Value::from(texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>());
        let set = merge(&[given]).unwrap();
        set.as_set().unwrap().iter_sorted().map(|v| v.as_string().unwrap().to_string()).collect()
    }

    #[test]
    fn neighbours_become_one_network() {
        assert_eq!(merged(&["192.0.128.0/24", "192.0.129.0/24"]), ["192.0.128.0/23"]);
        assert_eq!(merged(&["192.0.129.0/24", "192.0.130.0/24"]), ["192.0.129.0/24", "192.0.130.0/24"]);
        assert_eq!(
            merged(&["10.0.0.0/9", "10.128.0.0/9", "8000::/2", "c000::/2"]),
            ["10.0.0.0/8", "8000::/1"]
        );
        assert_eq!(merged(&["0.0.0.0/0", "255.255.255.255/32"]), ["0.0.0.0/0"]);
        assert_eq!(merged(&[]), [""; 0]);
    }

    /// Each was asked of OPA.
    #[test]
    fn what_is_mapped_is_ipv4() {
        let is_in = |a: &str, b: &str| contains(&[a, b].map(Value::from)) == Ok(Value::from(true));
        for (network, other, wanted) in [
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("10.0.0.0/8", "::ffff:10.1.2.3/120", true),
            ("10.0.0.0/8", "::ffff:10.1.2.3/90", false),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("::/0", "::ffff:10.1.2.3", false),
            ("::ffff:0:0/90", "::ffff:10.1.2.3", false),
            ("::/0", "::/80", true),
            ("0.0.0.0/0", "::1", false),
        ] {
            assert_eq!(is_in(network, other), wanted, "{network} {other}");
        }
        assert_eq!(merged(&["::/0", "10.0.0.0/8"]), ["::/0"]);
        assert_eq!(merged(&["::ffff:10.0.0.0"]), ["10.0.0.0/8"]);
        assert_eq!(merged(&["::ffff:10.0.0.0/104"]), ["10.0.0.0/8"]);
        let mapped = Value::from(["::ffff:10.0.0.0/128", "10.0.0.1/32"].map(Value::from).to_vec());
        assert!(merge(&[mapped]).unwrap_err().contains("write it as one of IPv4"));
        assert_eq!(merged(&["0.0.0.0/32", "::fffe:ffff:ffff/128"]), ["0.0.0.0/32", "::fffe:ffff:ffff/128"]);
        let crash = Value::from(["0.0.0.0/0", "::1:0:0:0/80"].map(Value::from).to_vec());
        assert!(merge(&[crash]).is_err());
    }

    #[test]
    fn the_fewest_networks_make_up_a_range() {
        let range = Range { v6: false, first: 1, last: 6 };
        assert_eq!(range.networks(), ["0.0.0.1/32", "0.0.0.2/31", "0.0.0.4/31", "0.0.0.6/32"]);
        assert_eq!(Range { v6: true, first: 0, last: u128::MAX }.networks(), ["::/0"]);
    }

    #[test]
    fn what_would_not_end_is_refused() {
        let expanded = |text: &str| expand(&[Value::from(text)]);
        assert_eq!(expanded("10.0.0.0/16").unwrap().as_set().unwrap().len(), 1 << 16);
        for text in ["10.0.0.0/15", "::/0", "10.0.0.0/33", "10.0.0.0", "10.0.0.0/+8"] {
            assert!(expanded(text).is_err(), "{text}");
        }
    }
}
