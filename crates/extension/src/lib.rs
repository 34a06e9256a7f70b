//! The Python extension module: the mold and worker body that the user's interpreter loads.
