/// Which release this is. It stands here alone: the programs and the Makefile take it from here, and
/// a test holds the changelogs and the RPM's spec to it.
public enum Version {
    public static let number = "0.2.0"
}
