//! Whom TLS trusts.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::{ErrorType, Problem};
use crate::resolve::file;

/// TLS 1.2 and 1.3 with ring, trusting Mozilla's roots, or those of the bundle and no others.
pub fn config(ca_bundle: Option<&Path>) -> Result<Arc<ClientConfig>, Problem> {
    let roots = match ca_bundle {
        Some(path) => bundle(path)?,
        None => webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
    };
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has suites for TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn bundle(path: &Path) -> Result<RootCertStore, Problem> {
    let problem = |why: String| {
        Problem::new(ErrorType::InvalidDeclaration, why)
            .variable("AWS_CA_BUNDLE")
            .advice("name a readable PEM file with at least one certificate, or unset it")
    };
    let pem = file::read(path).map_err(|e| problem(format!("{} cannot be read: {e}", path.display())))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| problem(format!("{} is not PEM", path.display())))?;
        // Whole-system bundles hold old certificates that rustls does not take; the others still count.
        let _ = roots.add(certificate);
    }
    if roots.is_empty() {
        return Err(problem(format!("{} holds no certificate that can be used", path.display())));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_that_is_missing_empty_or_broken_is_a_problem_of_the_setting() {
        let folder = std::env::temp_dir().join(format!("vestry-ca-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (name, content) in [("missing", None), ("empty", Some("")), ("broken", Some(broken))] {
            let path = folder.join(name);
            if let Some(content) = content {
                std::fs::write(&path, content).unwrap();
            }
            let problem = config(Some(&path)).unwrap_err();
            assert_eq!(problem.error_type, ErrorType::InvalidDeclaration, "{name}");
            assert_eq!(problem.variable.as_deref(), Some("AWS_CA_BUNDLE"), "{name}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
