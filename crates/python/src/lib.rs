//! Python applications behind the application trait: the WSGI bridge.
