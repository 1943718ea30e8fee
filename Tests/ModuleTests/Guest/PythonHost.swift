/// libpam used from Python: like services in other languages, and free to do what none of our
/// programs does.
enum PythonHost {
    /// The start of such a program: `libc`, `pam`, and the types of a conversation.
    static let start = """
        import ctypes as c
        libc, pam = c.CDLL(None), c.CDLL("libpam.so.0")
        libc.calloc.restype = libc.strdup.restype = c.c_void_p
        libc.calloc.argtypes = [c.c_size_t, c.c_size_t]

        class Message(c.Structure):
            _fields_ = [("style", c.c_int), ("text", c.c_char_p)]

        class Response(c.Structure):
            _fields_ = [("text", c.c_void_p), ("code", c.c_int)]

        Function = c.CFUNCTYPE(
            c.c_int, c.c_int, c.POINTER(c.POINTER(Message)),
            c.POINTER(c.POINTER(Response)), c.c_void_p)

        class Conversation(c.Structure):
            _fields_ = [("function", Function), ("data", c.c_void_p)]

        """
}
