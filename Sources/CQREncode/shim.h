#pragma once
// As in CLinux: the C library's types must be the same in all our modules.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <qrencode.h>
