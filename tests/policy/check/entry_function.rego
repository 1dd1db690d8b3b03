package vestry.resolve

deny(reference) := reference.name

warn contains deny(ref) if some ref in input.references
