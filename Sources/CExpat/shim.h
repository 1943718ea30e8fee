#pragma once
// expat, the XML parser of Debian and of Python: reads the key files of hardware tokens (PSKC).

#include <expat.h>
