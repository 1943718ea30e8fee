/// The version of the program; a test holds it against the packages'.
let version = "0.1.0"
