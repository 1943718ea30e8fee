#pragma once
// expat, the XML parser: reads the key files of hardware tokens (PSKC) and KeePass exports.

#include <expat.h>
#include <stdint.h>

// Since 2.9 expat counts lines in 64 bits, under another name, and deprecates the old one.
static inline uint64_t swiftotp_xml_line(XML_Parser parser) {
#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 9
    return XML_GetCurrentLineNumber64(parser);
#else
    return XML_GetCurrentLineNumber(parser);
#endif
}
