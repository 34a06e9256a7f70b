//! What an application is: trait, request, response, body, lifecycle.
