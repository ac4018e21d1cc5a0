@rem What the Pulumi CLI starts for "runtime: nodejs" on Windows; the host lies in the directory beside this one.
@node "%~dp0..\langhost\host.cjs" %*
