//! The partition of AWS that a region is in: <https://docs.aws.amazon.com/general/latest/gr/rande.html>.

const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
];

/// Whether it has the form of a region's name, `eu-west-1`, `us-gov-east-1`: it becomes part of a host name, where a slip
/// of the pen would only be "no such host".
pub fn is_region(text: &str) -> bool {
    let Some((place, number)) = text.rsplit_once('-') else { return false };
    let Some((area, rest)) = place.split_once('-') else { return false };
    let letters = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    area.len() > 1 && letters(area) && rest.split('-').all(letters) && is_number
}

/// As an ARN has it: `aws`, `aws-cn`.
pub fn partition(region: &str) -> &'static str {
    PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

/// Of the usual endpoints, in the partitions that most functions run in.
pub fn dns_suffix(region: &str) -> Option<&'static str> {
    match partition(region) {
        "aws" | "aws-us-gov" => Some("amazonaws.com"),
        "aws-cn" => Some("amazonaws.com.cn"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_told_from_slips() {
        for region in ["eu-west-1", "ap-southeast-12", "us-gov-east-1", "us-isob-east-1", "eusc-de-east-1"] {
            assert!(is_region(region), "{region}");
        }
        for slip in [
            "",
            "eu",
            "eu-west",
            "eu-wst",
            "eu-1",
            "eu-west-1a",
            "EU-west-1",
            "eu--west-1",
            "-west-1",
            "eu-west-",
            "x.y-z-1",
        ] {
            assert!(!is_region(slip), "{slip}");
        }
    }
}
