//! The command line, the settings and the composition; the library for native apps.
