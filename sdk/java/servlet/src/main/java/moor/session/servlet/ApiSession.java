package moor.session.servlet;

import jakarta.servlet.http.HttpSession;

/** The part of a session that differs between the jakarta API and the javax API: here there is nothing to add. */
abstract class ApiSession implements HttpSession {}
